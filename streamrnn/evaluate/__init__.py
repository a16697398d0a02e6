"""Measures detection quality. Never imported by the daemon.

On labelled data (bench quality):
series            one labelled recording
labelled_table    a file of the common layout
datasets          the seven sets, and recordings without labels
detectors         ours, and what it is compared with; composed of
                  baselines           cheap compiled ones
                  half_space_trees    river's
run               every detector over every series
protocol          what is measured; composed of
                  vus                 VUS-PR
                  precision_recall    AUC-PR, F1
                  alarms              event recall, delay, false alarms
                  nab                 the Numenta Anomaly Benchmark's score
figures           mean and spread over seeds; JSON
tables            of all figures; goals: what should be reached; comparison: of variants;
                  pictures: in the HTML page

On clean and broken streams, as an operator sees them:
watch             the detector, its events and a clock over one stream
clean_streams     sensors in which nothing is wrong; label_free: of recordings, what is unlabelled
false_alarms      against how many are allowed; poisson: what a count tells
kinds             what broke, and what was said; composed of
                  faults              the kinds, defined
                  fault_scale         how large a fault must be to be one
cold_start        the first readings of a stream; coverage of its band
adaptation        slow faults, new normals, recoveries
*_tables          their tables and JSON

parallel          independent jobs on all cores
table             Markdown and HTML
"""
