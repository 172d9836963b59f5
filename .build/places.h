/* Gives compiled code the full paths of its files: in tracebacks, and as `__file__` of its modules.
 *
 * mypyc names a source as it was named to mypyc, "autograd_core/graph/value.py". No such file is found from the folder of a
 * user, so that Python and IPython show no line of it. The source of a compiled module is installed beside it: its path is the
 * folder of the module's `__file__`, and its own name. The runtime library of mypyc makes a frame for each function that an
 * error leaves, with `PyFrame_New` from a code object of its own. This file is included before that library, and replaces
 * the path in that object.
 *
 * mypyc derives the `__file__` of a module from the path of the library that all modules share, as if the library lay in the
 * folder that holds the package. Ours lies in the package. The build puts `places_above` around that path in the C code.
 */

#ifndef AUTOGRAD_CORE_PLACES_H
#define AUTOGRAD_CORE_PLACES_H

#include <Python.h>
#include <frameobject.h>

/* The index after the last separator in the beginning of a path; 0 if there is none. Windows has two separators. */
static inline Py_ssize_t places_folder(PyObject *path, Py_ssize_t length) {
    Py_ssize_t slash = PyUnicode_FindChar(path, '/', 0, length, -1);
    Py_ssize_t backslash = PyUnicode_FindChar(path, '\\', 0, length, -1);
    return (slash > backslash ? slash : backslash) + 1;
}

/* The folder that holds the package, with a separator at the end, from the path of a library in the package. A borrowed
 * reference, for there is one library. */
static inline PyObject *places_above(PyObject *library) {
    static PyObject *above = NULL;
    if (above == NULL) {
        Py_ssize_t package = places_folder(library, PyUnicode_GetLength(library)) - 1;
        above = PyUnicode_Substring(library, 0, package > 0 ? places_folder(library, package) : 0);
        PyErr_Clear();
    }
    return above ? above : library;
}

/* The full path of a source, given the path of the module beside it: a new reference, or NULL with an error. */
static inline PyObject *places_path(PyObject *module_file, PyObject *source) {
    Py_ssize_t length = PyUnicode_GetLength(source);
    PyObject *folder = PyUnicode_Substring(module_file, 0, places_folder(module_file, PyUnicode_GetLength(module_file)));
    PyObject *name = PyUnicode_Substring(source, places_folder(source, length), length);
    PyObject *path = folder && name ? PyUnicode_Concat(folder, name) : NULL;
    Py_XDECREF(folder);
    Py_XDECREF(name);
    return path;
}

/* The same, given the global names of the module, among which the path is kept as `__source__`: a borrowed reference, or NULL
 * with or without an error. */
static inline PyObject *places_source(PyObject *globals, PyObject *source) {
    static PyObject *key = NULL;
    if (key == NULL && (key = PyUnicode_InternFromString("__source__")) == NULL)
        return NULL;
    PyObject *path = PyDict_GetItemWithError(globals, key);
    if (path != NULL || PyErr_Occurred())
        return path;
    PyObject *module_file = PyDict_GetItemString(globals, "__file__");
    if (module_file == NULL || !PyUnicode_Check(module_file) || (path = places_path(module_file, source)) == NULL)
        return NULL;
    int failed = PyDict_SetItem(globals, key, path);
    Py_DECREF(path);
    return failed ? NULL : path;
}

/* `PyFrame_New` for a new code object, which gets the full path first, as Python itself gives one to code that it has read.
 * Errors that are caught at once come here, too, such as an overflow in `exp`: a path that is kept costs them little. */
static inline PyFrameObject *places_frame(PyThreadState *thread, PyCodeObject *code, PyObject *globals, PyObject *locals) {
    PyObject *path = places_source(globals, code->co_filename);
    if (path != NULL)
        Py_SETREF(code->co_filename, Py_NewRef(path));
    else
        PyErr_Clear(); /* the path as it was is better than another error */
    return PyFrame_New(thread, code, globals, locals);
}

#define PyFrame_New places_frame

#endif
