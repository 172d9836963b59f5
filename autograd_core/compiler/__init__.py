r"""The compiler: a function of scalars is recorded once, and runs as a few operations on arrays.

The engine computes number by number. For every `+` it makes a Value, notes what it was made of, and walks back over all
of that for the gradient. This is what can be looked at and explained, and it takes about a hundred times as long as the
arithmetic alone. But a training step does the same arithmetic a thousand times, on other numbers. So it is enough to
look once. This page follows one small function all the way.

**1. Values.** A neuron, its square error, and the gradient with respect to the weight:

>>> import autograd_core as ag
>>> w = ag.Value(0.5, label="w")
>>> def step(x, y):
...     loss = (w * x - y) ** 2
...     w.grad = 0
...     loss.backward()
...     return loss.data, w.grad
>>> step(2.0, 3.0)
(4.0, -8.0)

**2. Capture.** `compile` calls the function once, with numbers that have no value. A `Symbol` takes part in arithmetic
as a Value does; each op that is applied to it becomes an instruction of a program, in `capture`. Nothing in the
function has to know about it. The weight is no argument, so it becomes an input that is read anew at every call.

>>> compiled = ag.compile(step)
>>> compiled(2.0, 3.0)
(4.0, -8.0)

`backward()` is recorded as well: the chain rule is applied to the program. What a row of the table says about its
derivative is a formula of operators and rows, and a formula can be recorded as well as computed (`differentiation`;
`fast_differentiation` is the same rule at speed).

**3. The program** is a list of instructions in single assignment: each has a place, and uses places before it.
`program` describes it, `text` prints and parses it, and `evaluator` runs it slowly, in ten lines. All else must give
the same numbers as the evaluator.

>>> print(compiled.text)
%0 = input
%1 = input
%2 = input
%3 = mul %2 %0
%4 = sub %3 %1
%5 = constant 2.0
%6 = pow %4 %5
...
%12 = strong_product %0 %11 %8
%13 = add %12 %7
return %6 %13 %13

The loss is `%6`. The gradient is `%13`; the function returns it, and leaves it in `w.grad`. A *strong product* is a
local derivative times a gradient, as the chain rule needs it: it is 0 if the derivative is a structural zero, even if
the gradient is infinite. The passes (`passes`) have already left out what nothing needs, computed what is constant, and
computed nothing twice. The same program in Python runs without this package:

>>> print(compiled.source.rpartition('"' * 3)[2])
<BLANKLINE>
    v1 = w * x - y
    v2 = strong_product(x, 2.0 * power(v1, 1.0) + 0.0, 1.0)
    v3 = v2 + 0.0
    return (power(v1, 2.0), v3, v3)

**4. Guards.** The program holds what the function did on this call. If it had asked `if x > 0`, the answer would be an
output of the program, a guard. A call in which the guard has another answer is recorded anew, and both programs are
kept. Numbers and flags that the function reads from outside are compared before every call (`found_state`).

**5. Grouping.** One neuron is too small to gain much. Give the function two hundred points, and the program has
two hundred multiplications that do not need each other. Instructions of the same op at the same depth are a group.
If the numbers that they use lie in memory in equal steps, the whole group is one *record*: an op, how many lanes, and
for each operand a first slot and a stride (`records`, `grouping`).

>>> xs, ys = [0.01 * k for k in range(200)], [1.0] * 200
>>> residuals = ag.compile(lambda xs, ys: [(w * x - y) ** 2 for x, y in zip(xs, ys)])
>>> assert residuals(xs, ys) == [(0.5 * x - 1.0) ** 2 for x in xs]
>>> from autograd_core.compiler.grouping import grouped
>>> from autograd_core.compiler.records import to_text
>>> print(to_text(grouped(residuals.program)))
[...] = mul [...] [...]
[...] = sub [...] [...]
[...] = mul [...] [...]

Sums of products become dot products, and dot products whose factors lie like rows and columns are matrix products. So
the batch is found and not declared: a network for 32 images, written for one image, runs as matrix products.

**6. Running.** All records work on one buffer of floats. Small ones run in typed loops, which mypyc compiles, large
ones in NumPy; a model of the costs chooses (`executors`). Programs in which nothing groups run instruction by
instruction, on a tape. In large ones a gradient takes no instructions: it goes back along the edges of the graph, as in
the engine, and is written out only if somebody looks at the program (`deferred`, `grouping.swept`). An op without a
loop of its own runs its row's forward function, so every op works.

**What is exact.** With `exact=True` sums keep their order and all functions are those of the rows: results are those
of the engine to the last bit. Without it, sums may be added in another order, and results agree to about 12 digits.
`testing.check_compiled` compares both with the function itself.

`explain()` says for any compiled function what became of it, and `viz.draw` draws its records with their shapes:

>>> print(residuals.explain().partition(".")[0])
<lambda> was recorded as 600 operations on 401 inputs and 1 constant

Read on in `capture`, then `program` and `evaluator`, then `grouping`.
"""
