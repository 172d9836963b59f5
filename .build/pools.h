/* Memory for compiled objects, in pools that are kept for the next graph.
 *
 * A training step records a graph and drops it. CPython's allocator gives the memory of a dropped graph back to the system
 * and fetches it anew at the next step: a step of 65,000 nodes takes 1,200 page faults, which cost as much as its arithmetic.
 *
 * Here objects of one size come from pools of 64 KiB. A pool hands out its places from the first to the last, so that a graph
 * lies in memory in the order in which it was recorded. A pool is in one of four states:
 *
 *   current   hands out places; there is one for each size
 *   full      has handed out all its places
 *   waiting   was full, and half of its objects are gone
 *   empty     holds nothing, and is ready for objects of any size
 *
 * When the current pool is full, the next one is the empty pool that was used last, or a waiting pool, or a new one: so memory
 * stays in the cache and in order, and no new memory is fetched while a pool of which half is free is left. A pool is
 * kept as long as an object in it lives.
 *
 * Empty pools go back to the system
 *   - beyond POOLS_KEPT, at once;
 *   - if they were not needed while POOL_PERIOD times a pool was taken into use or emptied for the next graph, half of them;
 *   - when `autograd_core.release_memory` is called, all of them.
 *
 * The pool of an object is found from its address, because pools are aligned to their size. New pools come in batches that lie
 * side by side in memory: sweeping a chain of a million nodes takes 23 ns a node in scattered pools and 18 in these, because
 * the processor fetches ahead along addresses. A batch has exactly the size of a gap that an older one has left, so that it
 * can lie there again.
 *
 * All of this code runs under the global interpreter lock, and calls nothing that could release it. The memory belongs
 * to the process and not to an interpreter, so that it may outlive one. Without that lock, without `mmap`, or in a
 * debug build of Python, this file does nothing and objects come from CPython's allocator.
 */

#ifndef AUTOGRAD_CORE_POOLS_H
#define AUTOGRAD_CORE_POOLS_H

#include <Python.h>

#if defined(__GNUC__) && !defined(_WIN32) && !defined(Py_GIL_DISABLED) && !defined(Py_DEBUG)

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define POOL_BYTES ((size_t)1 << 16)
#define POOL_BATCH ((size_t)1 << 20)
#define POOLS_KEPT 2048  /* 128 MiB: the nodes of a graph of 1.3 million */
#define POOL_PERIOD 4096 /* pools for 2.8 million nodes */

#define POOL_HEADER 64       /* a line of the cache */
#define POOL_UNIT 16         /* sizes of objects are multiples of it */
#define POOL_LARGEST 128     /* bytes of an object */
#define POOL_SIZES (POOL_LARGEST / POOL_UNIT + 1)

typedef struct pool {
    struct pool *next, *previous; /* neighbours in the list of its state, if there are several in that state */
    char *freed;                  /* places that were freed, linked through their first word */
    char *fresh;                  /* where the places begin that were never handed out since it was empty */
    uint32_t size;                /* bytes of its objects */
    uint32_t used;                /* how many objects it holds */
    uint32_t mark;                /* how many it holds when its state changes */
} pool_t;

_Static_assert(sizeof(pool_t) <= POOL_HEADER, "the header of a pool is larger than the place for it");

static pool_t *pool_current[POOL_SIZES];
static pool_t *pool_waiting[POOL_SIZES];
static pool_t *pool_empty;

static size_t pool_empty_count;
static size_t pool_empty_least; /* the least of that number in this period */
static size_t pool_turns;       /* how often a pool was taken into use or emptied for the next graph in this period */

static void pool_link(pool_t **list, pool_t *pool) {
    pool->previous = NULL;
    pool->next = *list;
    if (*list != NULL) {
        (*list)->previous = pool;
    }
    *list = pool;
}

static void pool_unlink(pool_t **list, pool_t *pool) {
    if (pool->previous != NULL) {
        pool->previous->next = pool->next;
    } else {
        *list = pool->next;
    }
    if (pool->next != NULL) {
        pool->next->previous = pool->previous;
    }
}

/* New memory for a batch of pools, or NULL. It is aligned as it comes if it lies beside the batch before; otherwise the
 * excess at either end is given back. */
static char *pool_map_batch(void) {
    for (size_t spare = 0;; spare = POOL_BYTES) {
        char *start = mmap(NULL, POOL_BATCH + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (start == MAP_FAILED) {
            return NULL;
        }
        size_t before = -(uintptr_t)start & (POOL_BYTES - 1);
        if (before > spare) {
            munmap(start, POOL_BATCH);
            continue;
        }
        if (before > 0) {
            munmap(start, before);
        }
        if (before < spare) {
            munmap(start + before + POOL_BATCH, spare - before);
        }
        return start + before;
    }
}

/* An empty pool out of new memory, or NULL. */
static pool_t *pool_map(void) {
    static char *next, *end;
    if (next == end) {
        char *batch = pool_map_batch();
        if (batch == NULL) {
            return NULL;
        }
        next = batch;
        end = next + POOL_BATCH;
    }
    pool_t *pool = (pool_t *)next;
    next += POOL_BYTES;
    pool->used = 0;
    pool->fresh = (char *)pool + POOL_HEADER;
    return pool;
}

static pool_t *pool_take_empty(void) {
    pool_t *pool = pool_empty;
    pool_unlink(&pool_empty, pool);
    pool_empty_count--;
    return pool;
}

static void pool_keep_empty(pool_t *pool) {
    pool_link(&pool_empty, pool);
    pool_empty_count++;
}

/* Gives empty pools back to the system, and returns the number of bytes. The system may refuse if this would leave too
 * many separate pieces of memory; the remaining pools are then kept. */
static size_t pool_release(size_t count) {
    size_t bytes = 0;
    for (; count > 0 && pool_empty != NULL; count--) {
        pool_t *pool = pool_take_empty();
        if (munmap(pool, POOL_BYTES) != 0) {
            pool_keep_empty(pool);
            break;
        }
        bytes += POOL_BYTES;
    }
    return bytes;
}

/* Counts that a pool was taken into use, or that the current one became empty. */
static void pool_count_turn(void) {
    if (pool_empty_count < pool_empty_least) {
        pool_empty_least = pool_empty_count;
    }
    if (++pool_turns == POOL_PERIOD) {
        pool_release((pool_empty_least + 1) / 2);
        pool_empty_least = pool_empty_count;
        pool_turns = 0;
    }
}

/* The pool that takes over from the current one of this size, or NULL if there is no memory. */
static pool_t *pool_change(uint32_t size) {
    pool_t **current = &pool_current[size / POOL_UNIT], **waiting = &pool_waiting[size / POOL_UNIT];
    pool_t *pool = pool_empty != NULL ? pool_take_empty() : *waiting != NULL ? *waiting : pool_map();
    if (pool == NULL) {
        return NULL;
    }
    if (pool == *waiting) {
        pool_unlink(waiting, pool);
    }
    if (*current != NULL) {
        (*current)->mark = (*current)->used / 2;
    }
    *current = pool;
    pool->size = size;
    pool->mark = 0;
    pool_count_turn();
    return pool;
}

/* Called when a pool holds as many objects as its mark says. */
static void pool_drop(pool_t *pool) {
    pool_t **waiting = &pool_waiting[pool->size / POOL_UNIT];
    if (pool->used > 0) {
        pool->mark = 0;
        pool_link(waiting, pool);
        return;
    }
    pool->freed = NULL;
    pool->fresh = (char *)pool + POOL_HEADER;
    if (pool == pool_current[pool->size / POOL_UNIT]) {
        pool_count_turn();
        return;
    }
    pool_unlink(waiting, pool);
    pool_keep_empty(pool);
    if (pool_empty_count > POOLS_KEPT) {
        pool_release(1);
    }
}

static PyObject *pool_alloc(PyTypeObject *type, Py_ssize_t Py_UNUSED(items)) {
    uint32_t size = (uint32_t)type->tp_basicsize;
    pool_t *pool = pool_current[size / POOL_UNIT];
    if (pool == NULL || (pool->freed == NULL && pool->fresh + size > (char *)pool + POOL_BYTES)) {
        pool = pool_change(size);
        if (pool == NULL) {
            return PyErr_NoMemory();
        }
    }
    char *place = pool->freed;
    if (place != NULL) {
        memcpy(&pool->freed, place, sizeof place);
    } else {
        place = pool->fresh;
        pool->fresh += size;
    }
    pool->used++;
    memset(place, 0, size);
    PyObject *object = (PyObject *)place;
    Py_SET_TYPE(object, type);
    Py_SET_REFCNT(object, 1);
    return object;
}

static void pool_free(void *object) {
    pool_t *pool = (pool_t *)((uintptr_t)object & ~(POOL_BYTES - 1));
    memcpy(object, &pool->freed, sizeof pool->freed);
    pool->freed = object;
    if (--pool->used == pool->mark) {
        pool_drop(pool);
    }
}

static PyObject *pool_release_all(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(arguments)) {
    return PyLong_FromSize_t(pool_release(pool_empty_count));
}

static PyMethodDef pool_release_method = {"_release_pools", pool_release_all, METH_NOARGS, NULL};

static int pool_fits(PyTypeObject *type) {
    const char *allocator = getenv("PYTHONMALLOC");
    return type->tp_basicsize <= POOL_LARGEST && type->tp_basicsize % POOL_UNIT == 0 && type->tp_itemsize == 0 &&
           !(type->tp_flags & Py_TPFLAGS_HAVE_GC) &&
           (type->tp_base == NULL || !(type->tp_base->tp_flags & Py_TPFLAGS_HAVE_GC)) &&
           (allocator == NULL || *allocator == '\0');
}

/* Stands in for `PyType_Ready` in the code that mypyc writes. Where PYTHONMALLOC is set, all types keep Python's allocator. */
static int pool_type_ready(PyTypeObject *type) {
    int pooled = pool_fits(type);
    if (pooled) {
        type->tp_alloc = pool_alloc;
        type->tp_free = pool_free;
    } else if (type->tp_base != NULL && type->tp_base->tp_alloc == pool_alloc) { /* would inherit both */
        type->tp_alloc = PyType_GenericAlloc;
        type->tp_free = type->tp_flags & Py_TPFLAGS_HAVE_GC ? PyObject_GC_Del : PyObject_Free;
    }
    if (PyType_Ready(type) < 0) {
        return -1;
    }
    if (!pooled) {
        return 0;
    }
    PyObject *release = PyCFunction_New(&pool_release_method, NULL);
    int failed = release == NULL || PyDict_SetItemString(type->tp_dict, pool_release_method.ml_name, release) < 0;
    Py_XDECREF(release);
    return failed ? -1 : 0;
}

#define PyType_Ready pool_type_ready

#endif
#endif
