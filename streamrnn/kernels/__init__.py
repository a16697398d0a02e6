"""Numba kernels: arrays in, results written in place; no I/O, no clock, no randomness.

    vector       a fixed-width vector as a Numba value; the reason for the speed
    bfloat16     numbers of two bytes in the arrays of float32
    memory       what the compiler and the processor are told about memory
    jit          the compiler flags of every kernel
    cache        where compiled kernels are kept
    elman        recurrent cell: forward step, backward through a window
    head         linear output and its backward
    bptt         one training window: forward, loss, backward
    optimiser    SGD, Adam, Adam in less memory, clipping by the gradient's norm
    statistics   running mean and variance, decayed histogram of magnitudes
    tails        how unusual each of many statistics is among its own past
    rls          recursive least squares
    cube_root    cube roots
    native       compiled functions and arrays by their addresses

Dimension letters, as in the literature: D inputs, H hidden units, T steps of a window.
A network's parameters lie in one flat row, in this order:

    U (D, H)   input weights, U[d] contiguous over the hidden units
    W (H, H)   recurrent weights, *by column*: W[j] holds what unit j gives to every unit
    b (H)      bias
    V (H)      output weights
    c (1)      output bias
"""
