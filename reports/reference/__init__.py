"""The figures of 2019, measured by hand on a shelf of Raspberry Pis: what any run can be set beside."""
