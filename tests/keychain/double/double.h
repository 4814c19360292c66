/* A double of the parts of Core Foundation and Security that factorywager uses: the same symbols, types and calling
 * convention, none of Apple's code.  It is stricter than the originals: what they forgive or leave undefined (a wrong
 * type, an object released twice, a key that a call does not take) ends the process with a message. */

#ifndef DOUBLE_H
#define DOUBLE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

typedef unsigned char Boolean;
typedef int32_t OSStatus;
typedef long CFIndex;
typedef unsigned long CFTypeID;
typedef uint32_t CFStringEncoding;
typedef double CFAbsoluteTime;
typedef struct { CFIndex location, length; } CFRange;

/* The numbers are the double's own: callers compare them with CFStringGetTypeID() and its like. */
enum { STRING = 7, DATA = 20, DICTIONARY = 18, ARRAY = 19, BOOLEAN = 21, NUMBER = 22, DATE = 42,
       ACCESS = 100, ACL = 101, KEYCHAIN = 102, CODE = 103 };

typedef struct Object {
    uint32_t magic;
    CFTypeID type;
    atomic_long references;
    int immortal;            /* a constant: nobody owns it */
    CFIndex length;          /* bytes, or members */
    CFIndex capacity;        /* of data; -1: immutable */
    uint8_t *bytes;          /* string (UTF-8), data */
    struct Object **keys;    /* dictionary */
    struct Object **values;  /* dictionary, array; an access's only list */
    double number;           /* date, number, boolean; an access control list: 1 = any application */
} Object;

typedef Object *CFTypeRef;

__attribute__((noreturn, format(printf, 1, 2))) void double_abort(const char *format, ...);

Object *double_make(CFTypeID type);
Object *double_constant(const char *text);
Object *double_string(const char *bytes, CFIndex length);
Object *double_check(Object *object, CFTypeID type, const char *where);
Object *double_find(const Object *dictionary, const Object *key);
void double_hold(Object *object);
void double_drop(Object *object);

#endif
