"""What learners write: right solutions in many forms, and wrong ones that each say what they got wrong.

`variants` are right. `wrong` are the variants with one mistake each, written as the lines that differ. `awkward` are
right as well, but hard to check; `seeded` are the mistakes by which checkers are compared (benchmarks/diagnosis.py).
"""
