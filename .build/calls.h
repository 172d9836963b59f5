/* Gives compiled functions a message that helps when their arguments do not fit.
 *
 * The runtime library of mypyc reads the arguments, and says "'lable' is an invalid keyword argument for __init__()". The
 * build calls this function after its error. The message is made in `autograd_core/calls.py`, and only if there is an error.
 */

#ifndef AUTOGRAD_CORE_CALLS_H
#define AUTOGRAD_CORE_CALLS_H

#include <Python.h>

/* Kept out of the functions that call it: inside of them it makes `tanh(x)` 7 % slower. */
#if defined(__GNUC__)
#define CALLS_COLD __attribute__((cold, noinline, unused))
#else
#define CALLS_COLD
#endif

/* Replaces the TypeError about the arguments of a function by an OperandTypeError with a better message, if the module
 * knows one; NULL in any case.
 *
 * `owner` is the module of the function or the object whose method it is, `keywords` a tuple or dict of names, or NULL. */
static CALLS_COLD PyObject *calls_refused(PyObject *owner, const char *function, Py_ssize_t count, PyObject *keywords) {
    PyObject *type, *error, *traceback;
    if (owner == NULL || function == NULL || !PyErr_ExceptionMatches(PyExc_TypeError))
        return NULL;
    PyErr_Fetch(&type, &error, &traceback);
    PyObject *module = PyImport_ImportModule("autograd_core.calls");
    PyObject *message = module == NULL ? NULL
        : PyObject_CallMethod(module, "refusal", "OsnO", owner, function, count, keywords ? keywords : Py_None);
    PyObject *kind = module == NULL ? NULL : PyObject_GetAttrString(module, "OperandTypeError");
    if (kind != NULL && message != NULL && PyUnicode_Check(message) && PyUnicode_GetLength(message) > 0) {
        PyErr_SetObject(kind, message);
        Py_XDECREF(type);
        Py_XDECREF(error);
        Py_XDECREF(traceback);
    } else {
        PyErr_Clear(); /* the error as it was is better than another one */
        PyErr_Restore(type, error, traceback);
    }
    Py_XDECREF(kind);
    Py_XDECREF(message);
    Py_XDECREF(module);
    return NULL;
}

#endif
