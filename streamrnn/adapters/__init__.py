"""The detector in the clothes of other libraries. Each module needs its library: the extra
`streamrnn[adapters]`.

river      StreamDetector: score_one, learn_one
sklearn    StreamDetector: fit, fit_predict, score_samples on tables with time stamps
channels   what both are made of: a bank with one stream per column
"""
