/* Frees a chain of a million compiled objects without a million nested C calls.
 *
 * Freeing an object drops the references it holds, which may free the next object, and so on: a deep graph freed naively
 * overflows the C stack. CPython's remedy is the "trashcan": past some depth an object is put on a list and freed later.
 * mypyc wraps every tp_dealloc it writes in CPython's trashcan, but that one serves only objects known to the garbage
 * collector. Our nodes are declared acyclic and have no collector header (which saves 16 bytes and much time each), and then
 *
 *   CPython 3.11, 3.12   link the waiting object through its collector header: they write in front of the object;
 *   CPython 3.13         does the same, only later;
 *   CPython 3.14         never makes an object without a header wait: the stack overflows.
 *
 * So this file is included before the C code that mypyc writes, and replaces CPython's trashcan by its own. An object
 * that waits is linked through its own first word. That word is the reference count (the owning thread in a
 * free-threaded build) and free to use, because an object being freed has no references left.
 */

#ifndef AUTOGRAD_CORE_TRASHCAN_H
#define AUTOGRAD_CORE_TRASHCAN_H

#include <Python.h>
#include <string.h>

#if defined(_MSC_VER)
#define TRASHCAN_THREAD_LOCAL __declspec(thread)
#else
#define TRASHCAN_THREAD_LOCAL __thread
#endif

/* Deep enough that ordinary small graphs never wait, shallow enough for the smallest stack of a thread. */
#define TRASHCAN_DEPTH 50

typedef struct {
    int depth;       /* how many of our deallocators are on this thread's C stack */
    PyObject *later; /* the objects that wait, linked through their first word */
} trashcan_t;

/* One per thread, because a deallocator may run Python code, and so let another thread in half-way. */
static TRASHCAN_THREAD_LOCAL trashcan_t trashcan;

static inline void trashcan_put(trashcan_t *can, PyObject *op) {
#ifdef Py_GIL_DISABLED
    op->ob_tid = (uintptr_t)can->later;
#else
    memcpy(op, &can->later, sizeof(PyObject *));
#endif
    can->later = op;
}

/* The object that was put in last, as it was: with no references, so that its deallocator can start over. */
static inline PyObject *trashcan_take(trashcan_t *can) {
    PyObject *op = can->later;
#ifdef Py_GIL_DISABLED
    can->later = (PyObject *)op->ob_tid;
    op->ob_tid = 0;
    op->ob_ref_shared = _Py_REF_MERGED;
#else
    memcpy(&can->later, op, sizeof(PyObject *));
    memset(op, 0, sizeof(PyObject *));
#endif
    return op;
}

/* Counts itself as one level, so that the deallocators it calls add to the list and never empty it themselves. */
static void trashcan_empty(trashcan_t *can) {
    can->depth++;
    while (can->later != NULL) {
        PyObject *op = trashcan_take(can);
        Py_TYPE(op)->tp_dealloc(op);
    }
    can->depth--;
}

#undef Py_TRASHCAN_BEGIN
#undef Py_TRASHCAN_END

/* The body of a deallocator stands between BEGIN and END. A deallocator that runs on behalf of a derived type's does not
 * wait, since its caller would not know. mypyc has told the collector to forget the object (where it knew it) before BEGIN. */
#define Py_TRASHCAN_BEGIN(op, dealloc)                                         \
    do {                                                                       \
        trashcan_t *can_ = NULL;                                               \
        if (Py_TYPE((PyObject *)(op))->tp_dealloc == (destructor)(dealloc)) {  \
            can_ = &trashcan;                                                  \
            if (can_->depth >= TRASHCAN_DEPTH) {                               \
                trashcan_put(can_, (PyObject *)(op));                          \
                break;                                                         \
            }                                                                  \
            can_->depth++;                                                     \
        }

#define Py_TRASHCAN_END                                                        \
        if (can_ != NULL && --can_->depth == 0 && can_->later != NULL) {       \
            trashcan_empty(can_);                                              \
        }                                                                      \
    } while (0);

#endif
