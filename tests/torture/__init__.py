"""The torture campaign: the promises of docs/durability.md, put to the test.

    python -m tests.torture                 what there is
    python -m tests.torture kill --count 1000
    make torture                            every row in its long form

A row is a module with a function that runs it, prints its figures and raises AssertionError when a
promise is broken. The short forms are ordinary tests: test_campaign.py.

nursery   a process with everything loaded, that daemons are forked from: they start in 0.1 s
victim    one daemon from the nursery, its settings, its log
rounds    the readings that victims get, and what an undisturbed daemon makes of them
"""
