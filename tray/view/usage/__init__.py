"""What the sums of the ledger say of days, weeks and months: averages, changes, forecasts, shares. Pure: days are
arguments, sums are Tallies by the keys of `Rollup.tallies`.
"""
