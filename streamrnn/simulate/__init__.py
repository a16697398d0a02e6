"""Simulated sensors, for the demo and for measuring. Pure: an instant in, a value out.

signals     the characters of sensors
noise       their randomness
"""
