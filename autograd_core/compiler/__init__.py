"""The compiler: a function is recorded once as a program, and the program is run instead of the function.

`program` is the program, `text` prints and parses it, and `evaluator` runs it slowly: all else answers to that.
`differentiation` appends the derivatives to a program, by the one chain rule. `capture` makes a program of a function.
"""
