"""Measures detection quality on labelled data sets. Never imported by the daemon.

series            one labelled recording
labelled_table    a file of the common layout
datasets          the seven sets
detectors         ours, and what it is compared with; composed of
                  baselines           cheap compiled ones
                  half_space_trees    river's
run               every detector over every series, on all cores
protocol          what is measured; composed of
                  vus                 VUS-PR
                  precision_recall    AUC-PR, F1
                  alarms              event recall, delay, false alarms
                  nab                 the Numenta Anomaly Benchmark's score
figures           mean and spread over seeds; JSON
tables            Markdown and HTML
"""
