/* The double of Core Foundation: see double.h. */

#include "double.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIVE 0x0a11fe00u
#define DEAD 0xdeadbeefu
#define UTF8 0x08000100u

static atomic_long created, retained, released, live, unwiped;

void double_abort(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("keychain double: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}

/* --- objects ------------------------------------------------------------------------------------------------- */

Object *double_make(CFTypeID type) {
    Object *object = calloc(1, sizeof *object);
    object->magic = ALIVE;
    object->type = type;
    object->references = 1;
    object->capacity = -1;
    created++;
    live++;
    return object;
}

static Object *immortal(CFTypeID type) {
    Object *object = calloc(1, sizeof *object);
    object->magic = ALIVE;
    object->type = type;
    object->references = 1;
    object->immortal = 1;
    return object;
}

Object *double_constant(const char *text) {
    Object *object = immortal(STRING);
    object->bytes = (uint8_t *)strdup(text);
    object->length = (CFIndex)strlen(text);
    return object;
}

Object *double_string(const char *bytes, CFIndex length) {
    Object *object = double_make(STRING);
    object->bytes = malloc((size_t)length + 1);
    memcpy(object->bytes, bytes, (size_t)length);
    object->length = length;
    return object;
}

Object *double_check(Object *object, CFTypeID type, const char *where) {
    if (object == NULL) double_abort("%s was given NULL", where);
    if (object->magic == DEAD) double_abort("%s was given an object that was released for good", where);
    if (object->magic != ALIVE) double_abort("%s was given what is no object", where);
    if (type != 0 && object->type != type)
        double_abort("%s was given an object of type %lu, not %lu", where, object->type, type);
    return object;
}

void double_hold(Object *object) {
    double_check(object, 0, "a container");
    if (!object->immortal) object->references++;
}

/* The dead are never freed: a second release must find them dead. */
void double_drop(Object *object) {
    double_check(object, 0, "a release");
    if (object->immortal || --object->references > 0) return;
    if (object->type == DATA) {
        for (CFIndex at = 0; at < object->length; at++)
            if (object->bytes[at] != 0) { unwiped++; break; }
    }
    for (CFIndex at = 0; at < object->length; at++) {
        if (object->keys != NULL) double_drop(object->keys[at]);
        if (object->values != NULL) double_drop(object->values[at]);
    }
    object->magic = DEAD;
    live--;
}

void CFRelease(CFTypeRef object) {
    double_check(object, 0, "CFRelease");
    if (object->immortal) double_abort("CFRelease was given a constant");
    released++;
    double_drop(object);
}

CFTypeRef CFRetain(CFTypeRef object) {
    double_check(object, 0, "CFRetain");
    retained++;
    double_hold(object);
    return object;
}

CFIndex CFGetRetainCount(CFTypeRef object) { return double_check(object, 0, "CFGetRetainCount")->references; }
CFTypeID CFGetTypeID(CFTypeRef object) { return double_check(object, 0, "CFGetTypeID")->type; }
CFTypeID CFStringGetTypeID(void) { return STRING; }
CFTypeID CFDataGetTypeID(void) { return DATA; }
CFTypeID CFDictionaryGetTypeID(void) { return DICTIONARY; }
CFTypeID CFArrayGetTypeID(void) { return ARRAY; }
CFTypeID CFDateGetTypeID(void) { return DATE; }
CFTypeID CFNumberGetTypeID(void) { return NUMBER; }

/* --- strings ------------------------------------------------------------------------------------------------- */

static int is_utf8(const uint8_t *bytes, CFIndex length) {
    for (CFIndex at = 0; at < length;) {
        int more = bytes[at] < 0x80 ? 0 : bytes[at] >= 0xc2 && bytes[at] < 0xe0 ? 1
                 : (bytes[at] & 0xf0) == 0xe0 ? 2 : bytes[at] >= 0xf0 && bytes[at] < 0xf5 ? 3 : -1;
        if (more < 0 || at + more >= length) return 0;
        if (bytes[at] == 0xed && bytes[at + 1] >= 0xa0) return 0; /* a surrogate */
        for (int next = 1; next <= more; next++)
            if ((bytes[at + next] & 0xc0) != 0x80) return 0;
        at += more + 1;
    }
    return 1;
}

CFTypeRef CFStringCreateWithBytes(void *allocator, const uint8_t *bytes, CFIndex length, CFStringEncoding encoding,
                                  Boolean external) {
    if (allocator != NULL) double_abort("CFStringCreateWithBytes: only the default allocator is known");
    if (encoding != UTF8) double_abort("CFStringCreateWithBytes: the encoding is not UTF-8");
    if (length < 0 || external > 1) double_abort("CFStringCreateWithBytes: its arguments are mixed up");
    return is_utf8(bytes, length) ? double_string((const char *)bytes, length) : NULL;
}

/* In UTF-16 code units, as in the original. */
CFIndex CFStringGetLength(CFTypeRef string) {
    double_check(string, STRING, "CFStringGetLength");
    CFIndex units = 0;
    for (CFIndex at = 0; at < string->length; at++)
        units += (string->bytes[at] & 0xc0) == 0x80 ? 0 : string->bytes[at] >= 0xf0 ? 2 : 1;
    return units;
}

CFIndex CFStringGetMaximumSizeForEncoding(CFIndex length, CFStringEncoding encoding) {
    if (encoding != UTF8) double_abort("CFStringGetMaximumSizeForEncoding: the encoding is not UTF-8");
    return 3 * length;
}

CFIndex CFStringGetBytes(CFTypeRef string, CFRange range, CFStringEncoding encoding, uint8_t loss, Boolean external,
                         uint8_t *buffer, CFIndex room, CFIndex *used) {
    double_check(string, STRING, "CFStringGetBytes");
    if (encoding != UTF8 || loss != 0 || external != 0) double_abort("CFStringGetBytes: its arguments are mixed up");
    if (range.location != 0 || range.length != CFStringGetLength(string))
        double_abort("CFStringGetBytes: only whole strings are known here");
    if (room < string->length) double_abort("CFStringGetBytes: the buffer is too short");
    memcpy(buffer, string->bytes, (size_t)string->length);
    *used = string->length;
    return range.length;
}

/* --- data ---------------------------------------------------------------------------------------------------- */

CFTypeRef CFDataCreate(void *allocator, const uint8_t *bytes, CFIndex length) {
    if (allocator != NULL || length < 0) double_abort("CFDataCreate: its arguments are mixed up");
    Object *data = double_make(DATA);
    data->bytes = malloc((size_t)length + 1);
    memcpy(data->bytes, bytes, (size_t)length);
    data->length = length;
    return data;
}

CFTypeRef CFDataCreateMutable(void *allocator, CFIndex capacity) {
    if (allocator != NULL || capacity < 0) double_abort("CFDataCreateMutable: its arguments are mixed up");
    Object *data = double_make(DATA);
    data->bytes = calloc(1, (size_t)capacity + 1);
    data->capacity = capacity;
    return data;
}

void CFDataSetLength(CFTypeRef data, CFIndex length) {
    double_check(data, DATA, "CFDataSetLength");
    if (length < 0 || length > data->capacity) double_abort("CFDataSetLength: not within the data's capacity");
    data->length = length;
}

uint8_t *CFDataGetMutableBytePtr(CFTypeRef data) {
    double_check(data, DATA, "CFDataGetMutableBytePtr");
    if (data->capacity < 0) double_abort("CFDataGetMutableBytePtr was given immutable data");
    return data->bytes;
}

const uint8_t *CFDataGetBytePtr(CFTypeRef data) { return double_check(data, DATA, "CFDataGetBytePtr")->bytes; }
CFIndex CFDataGetLength(CFTypeRef data) { return double_check(data, DATA, "CFDataGetLength")->length; }

/* --- containers ---------------------------------------------------------------------------------------------- */

/* Only their addresses matter: callers must pass these and no others. */
const uint8_t kCFTypeDictionaryKeyCallBacks[48] = {0};
const uint8_t kCFTypeDictionaryValueCallBacks[40] = {0};

static int same(const Object *one, const Object *other) {
    return one == other || (one->type == STRING && other->type == STRING && one->length == other->length &&
                            memcmp(one->bytes, other->bytes, (size_t)one->length) == 0);
}

Object *double_find(const Object *dictionary, const Object *key) {
    for (CFIndex at = 0; at < dictionary->length; at++)
        if (same(dictionary->keys[at], key)) return dictionary->values[at];
    return NULL;
}

CFTypeRef CFDictionaryCreate(void *allocator, CFTypeRef *keys, CFTypeRef *values, CFIndex count, const void *on_keys,
                             const void *on_values) {
    if (allocator != NULL || count < 0) double_abort("CFDictionaryCreate: its arguments are mixed up");
    if (on_keys != kCFTypeDictionaryKeyCallBacks || on_values != kCFTypeDictionaryValueCallBacks)
        double_abort("CFDictionaryCreate: without the callbacks that retain");
    Object *dictionary = double_make(DICTIONARY);
    dictionary->keys = calloc((size_t)count + 1, sizeof *keys);
    dictionary->values = calloc((size_t)count + 1, sizeof *values);
    for (CFIndex at = 0; at < count; at++) {
        double_hold(double_check(keys[at], STRING, "CFDictionaryCreate"));
        double_hold(double_check(values[at], 0, "CFDictionaryCreate"));
        if (double_find(dictionary, keys[at]) != NULL) double_abort("CFDictionaryCreate: a key stands there twice");
        dictionary->keys[at] = keys[at];
        dictionary->values[at] = values[at];
        dictionary->length = at + 1;
    }
    return dictionary;
}

CFTypeRef CFDictionaryGetValue(CFTypeRef dictionary, CFTypeRef key) {
    double_check(dictionary, DICTIONARY, "CFDictionaryGetValue");
    return double_find(dictionary, double_check(key, STRING, "CFDictionaryGetValue"));
}

CFIndex CFArrayGetCount(CFTypeRef array) { return double_check(array, ARRAY, "CFArrayGetCount")->length; }

CFTypeRef CFArrayGetValueAtIndex(CFTypeRef array, CFIndex index) {
    double_check(array, ARRAY, "CFArrayGetValueAtIndex");
    if (index < 0 || index >= array->length) double_abort("CFArrayGetValueAtIndex: out of bounds");
    return array->values[index];
}

/* --- numbers and dates --------------------------------------------------------------------------------------- */

CFAbsoluteTime CFDateGetAbsoluteTime(CFTypeRef date) {
    return double_check(date, DATE, "CFDateGetAbsoluteTime")->number;
}

Boolean CFNumberGetValue(CFTypeRef number, CFIndex type, void *value) {
    double_check(number, NUMBER, "CFNumberGetValue");
    if (type != 4) double_abort("CFNumberGetValue: only kCFNumberSInt64Type is known here");
    *(int64_t *)value = (int64_t)number->number;
    return 1;
}

Object *kCFBooleanTrue;

__attribute__((constructor)) static void set_up(void) {
    Object *yes = immortal(BOOLEAN);
    yes->number = 1;
    kCFBooleanTrue = yes;
}

/* --- what tests ask ------------------------------------------------------------------------------------------ */

long double_created(void) { return created; }
long double_retained(void) { return retained; }
long double_released(void) { return released; }
long double_live(void) { return live; }
long double_unwiped(void) { return unwiped; }
