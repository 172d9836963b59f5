"""What runs records: `loops` in typed Python, `arrays` in NumPy; `cost` chooses for each record.

Both work on one buffer, so a program mixes them freely.
"""
