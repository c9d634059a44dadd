"""Tables of sums: rows that can be sorted, opened and paged, all of it by the address."""
