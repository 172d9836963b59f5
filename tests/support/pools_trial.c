/* Tries `.build/pools.h` without Python: objects of several sizes are made and freed in random order, and each is filled with
 * its own number. A place that is handed out twice, is too small, or was not cleared, shows as a wrong number.
 *
 * Exits with 0, or prints the check that failed and exits with 1.
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static size_t mapped; /* bytes of memory that were taken from the system */
static int refuse;     /* whether the system gives nothing back */

static void *counted_mmap(size_t size) {
    mapped += size;
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int counted_munmap(void *start, size_t size) {
    if (refuse) {
        return -1;
    }
    mapped -= size;
    return munmap(start, size);
}

#define mmap(start, size, protection, flags, file, offset) counted_mmap(size)
#define munmap counted_munmap
#include "pools.h"
#undef PyType_Ready

#define CHECK(condition)                                               \
    do {                                                               \
        if (!(condition)) {                                            \
            printf("line %d: expected %s\n", __LINE__, #condition);    \
            exit(1);                                                   \
        }                                                              \
    } while (0)

/* Of Python, making and freeing needs this alone; the linker drops what makes types, with all that it calls. */
PyObject *PyErr_NoMemory(void) { return NULL; }

#define MOST 300000
#define KINDS 6

/* Three sizes, each for the types of two interpreters: objects of one size share their pools. */
static PyTypeObject types[KINDS] = {
    {.tp_basicsize = 48}, {.tp_basicsize = 64}, {.tp_basicsize = 96},
    {.tp_basicsize = 48}, {.tp_basicsize = 64}, {.tp_basicsize = 96},
};
static PyObject *objects[MOST];
static size_t count, bytes;
static uint64_t seed = 1;

static size_t draw(size_t below) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(seed >> 33) % below;
}

/* The number of an object fills all that lies behind its reference count and its type. */
static size_t words(PyObject *object) { return (size_t)Py_TYPE(object)->tp_basicsize / 8 - 2; }
static uint64_t *contents(PyObject *object) { return (uint64_t *)(object + 1); }

static void make(size_t kind) {
    PyObject *object = pool_alloc(&types[kind], 0);
    CHECK(object != NULL && (uintptr_t)object % POOL_UNIT == 0);
    CHECK(Py_TYPE(object) == &types[kind] && Py_REFCNT(object) == 1);
    for (size_t i = 0; i < words(object); i++) {
        CHECK(contents(object)[i] == 0);
        contents(object)[i] = (uintptr_t)object;
    }
    bytes += (size_t)types[kind].tp_basicsize;
    objects[count++] = object;
}

static void drop(size_t place) {
    PyObject *object = objects[place];
    for (size_t i = 0; i < words(object); i++) {
        CHECK(contents(object)[i] == (uintptr_t)object);
    }
    bytes -= (size_t)Py_TYPE(object)->tp_basicsize;
    objects[place] = objects[--count];
    pool_free(object);
}

static size_t length(pool_t *list) {
    size_t pools = 0;
    for (pool_t *pool = list, *previous = NULL; pool != NULL; previous = pool, pool = pool->next) {
        CHECK(pool->previous == previous);
        pools++;
    }
    return pools;
}

static void check_lists(void) {
    CHECK(length(pool_empty) == pool_empty_count);
    CHECK(pool_empty_count <= POOLS_KEPT);
    for (size_t kind = 0; kind < KINDS; kind++) {
        for (pool_t *pool = pool_waiting[types[kind].tp_basicsize / POOL_UNIT]; pool != NULL; pool = pool->next) {
            CHECK(pool->used > 0 && pool->size == types[kind].tp_basicsize);
        }
    }
}

/* A graph is made and dropped, from its end or from its beginning. */
static void graphs(void) {
    for (size_t turn = 0; turn < 8; turn++) {
        size_t size = draw(MOST - count);
        size_t first = count;
        for (size_t i = 0; i < size; i++) {
            make(draw(KINDS));
        }
        check_lists();
        while (count > first) {
            drop(turn % 2 ? count - 1 : first);
        }
        check_lists();
    }
}

/* Objects come and go in any order, mostly come and mostly go by turns. */
static void crowds(void) {
    for (size_t turn = 0; turn < 8; turn++) {
        size_t odds = turn % 2 ? 3 : 7;
        for (size_t i = 0; i < 200000; i++) {
            if (count < MOST && (count == 0 || draw(10) < odds)) {
                make(draw(KINDS));
            } else {
                drop(draw(count));
            }
        }
        check_lists();
    }
}

/* Few of many objects live on, again and again: pools that are half free are used before new memory is. */
static void survivors(void) {
    size_t most = 0;
    for (size_t turn = 0; turn < 10; turn++) {
        while (count < MOST) {
            make(turn % KINDS);
        }
        most = bytes > most ? bytes : most;
        while (count > MOST / 4) {
            drop(draw(count));
        }
        check_lists();
    }
    CHECK(mapped < 2 * most + KINDS * POOL_BATCH);
}

/* A large graph is dropped, and small ones follow: what it left goes back by itself. */
static void idle(void) {
    while (count < MOST) {
        make(2);
    }
    while (count > 0) {
        drop(count - 1);
    }
    size_t before = pool_empty_count;
    CHECK(before > 300);
    while (before > 20) {
        for (size_t i = 0; i < POOL_PERIOD * (POOL_BYTES / 96) / 10000 * 2; i++) {
            while (count < 10000) {
                make(2);
            }
            while (count > 0) {
                drop(count - 1);
            }
        }
        CHECK(pool_empty_count < before);
        before = pool_empty_count;
    }
}

/* How many pieces of memory the system keeps for this process. */
static size_t pieces(void) {
    size_t lines = 0;
    FILE *file = fopen("/proc/self/maps", "r");
    for (int c; file != NULL && (c = getc(file)) != EOF; lines += c == '\n') {
    }
    if (file != NULL) {
        fclose(file);
    }
    return lines;
}

/* Memory that was given back again and again leaves no pieces behind. */
static void again(void) {
    size_t before = 0;
    for (size_t turn = 0; turn < 20; turn++) {
        while (count < MOST) {
            make(2);
        }
        while (count > 0) {
            drop(count - 1);
        }
        pool_release(pool_empty_count);
        before = turn == 9 ? pieces() : before;
    }
    CHECK(pieces() <= before + 5);
}

int main(void) {
    graphs();
    crowds();
    while (count > 0) {
        drop(draw(count));
    }
    check_lists();
    survivors();
    while (count > 0) {
        drop(count - 1);
    }
    idle();
    again();
    while (count < MOST) {
        make(2);
    }
    while (count > 0) {
        drop(count - 1);
    }
    refuse = 1;
    size_t waiting = pool_empty_count;
    CHECK(waiting > 100 && pool_release(waiting) == 0 && pool_empty_count == waiting);
    refuse = 0;
    check_lists();
    size_t kept = pool_empty_count, held = mapped;
    CHECK(pool_release(kept) == kept * POOL_BYTES);
    CHECK(pool_empty == NULL && pool_empty_count == 0 && mapped == held - kept * POOL_BYTES);
    make(0);
    drop(0);
    return 0;
}
