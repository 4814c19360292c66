/* The double of Security: see double.h.  The login keychain is a directory (items.c), so that processes share it. */

#include "double.h"
#include "items.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { UNDOCUMENTED = -4242, PARAMETER = -50, CANCELED = -128, AUTHENTICATION = -25293, DUPLICATE = -25299,
       NOT_FOUND = -25300, NO_DEFAULT = -25307, NOT_ALLOWED = -25308 };

#define CONSTANTS(each) \
    each(kSecClass) each(kSecClassGenericPassword) each(kSecAttrService) each(kSecAttrAccount) each(kSecAttrAccess) \
    each(kSecAttrCreationDate) each(kSecAttrModificationDate) each(kSecValueData) each(kSecReturnData) \
    each(kSecReturnAttributes) each(kSecMatchLimit) each(kSecMatchLimitOne) each(kSecMatchLimitAll) \
    each(kSecACLAuthorizationDecrypt) each(kSecCodeInfoFlags) each(kSecCodeInfoIdentifier) \
    each(kSecCodeInfoTeamIdentifier)

#define DECLARE(name) Object *name;
#define FILL_IN(name) name = double_constant(#name);
CONSTANTS(DECLARE)
__attribute__((constructor)) static void set_up(void) { CONSTANTS(FILL_IN) }

/* Whether this process may be shown a dialog; as in the original, a setting of the process and not of a call. */
static _Atomic Boolean interaction = 1;

/* --- what a query may say ------------------------------------------------------------------------------------ */

typedef struct { Object **key; CFTypeID type; } Allowed;

static const Allowed ENTRY[] = {{&kSecClass, STRING}, {&kSecAttrService, STRING}, {&kSecAttrAccount, STRING}, {0}};
static const Allowed CONTENT[] = {{&kSecValueData, DATA}, {&kSecAttrAccess, ACCESS}, {0}};
static const Allowed ANSWER[] = {
    {&kSecReturnData, BOOLEAN}, {&kSecReturnAttributes, BOOLEAN}, {&kSecMatchLimit, STRING}, {0}};

static int allows(const Allowed *allowed, const Object *key, Object *value, const char *call) {
    for (; allowed->key != NULL; allowed++) {
        if (*allowed->key != key) continue;
        double_check(value, allowed->type, call);
        return 1;
    }
    return 0;
}

static Object *checked(Object *query, const Allowed *first, const Allowed *second, const char *call) {
    double_check(query, DICTIONARY, call);
    for (CFIndex at = 0; at < query->length; at++) {
        Object *key = query->keys[at], *value = query->values[at];
        if (!(first != NULL && allows(first, key, value, call)) && !(second != NULL && allows(second, key, value, call)))
            double_abort("%s was given the key %.*s, which is not for it", call, (int)key->length, key->bytes);
    }
    if (first == ENTRY && double_find(query, kSecClass) != kSecClassGenericPassword)
        double_abort("%s: the class is not that of generic passwords", call);
    return query;
}

static Key key_of(const Object *query) {
    const Object *service = double_find(query, kSecAttrService), *account = double_find(query, kSecAttrAccount);
    return (Key){service ? (char *)service->bytes : NULL, service ? service->length : 0,
                 account ? (char *)account->bytes : NULL, account ? account->length : 0};
}

/* --- what stands between a caller and a secret ---------------------------------------------------------------- */

/* 0, or the status with which a call ends that needs a dialog: the dialog is answered as the test has arranged. */
static OSStatus ask(const char *setting, Settings settings) {
    if (!interaction) return NOT_ALLOWED;
    settings_count("dialogs");
    if (strcmp(settings.answer, "cancel") == 0) return CANCELED;
    if (strcmp(settings.answer, "refuse") == 0) return AUTHENTICATION;
    while (strcmp(settings.answer, "allow") != 0) { /* nobody is there, until the test says otherwise */
        usleep(2000);
        settings = settings_read();
        if (strcmp(settings.answer, "cancel") == 0) return CANCELED;
    }
    if (setting != NULL) settings_change(setting, "0");
    return 0;
}

static OSStatus enter(const char *call, int needs_the_key) {
    Settings settings = settings_read();
    if (strcmp(settings.failing, call) == 0) return settings.status;
    if (settings.no_default) return NO_DEFAULT;
    return needs_the_key && settings.locked ? ask("locked", settings) : 0;
}

/* --- items --------------------------------------------------------------------------------------------------- */

OSStatus SecItemAdd(Object *attributes, Object **result) {
    checked(attributes, ENTRY, CONTENT, "SecItemAdd");
    if (result != NULL) double_abort("SecItemAdd: no result was expected to be asked for");
    Object *data = double_find(attributes, kSecValueData), *access = double_find(attributes, kSecAttrAccess);
    Key key = key_of(attributes);
    if (data == NULL || key.service == NULL || key.account == NULL) return PARAMETER;
    OSStatus status = enter("SecItemAdd", 1);
    if (status != 0) return status;
    /* access: its one control list; `number` says whether that names no application, which means any */
    int anyone = access != NULL && access->values[0]->number == 1;
    int lock = items_lock();
    status = items_read(key, NULL) ? DUPLICATE : 0;
    if (status == 0) items_write(key, (Item){.data = (char *)data->bytes, .length = data->length, .anyone = anyone});
    items_unlock(lock);
    return status;
}

OSStatus SecItemUpdate(Object *query, Object *changes) {
    checked(query, ENTRY, NULL, "SecItemUpdate");
    Object *data = double_find(checked(changes, CONTENT, NULL, "SecItemUpdate"), kSecValueData);
    OSStatus status = enter("SecItemUpdate", 1);
    if (status != 0) return status;
    Key key = key_of(query);
    Item item;
    int lock = items_lock();
    int there = items_read(key, &item);
    if (there && data != NULL) {
        Item changed = item;
        changed.data = (char *)data->bytes;
        changed.length = data->length;
        items_write(key, changed);
        item_forget(&item);
    }
    items_unlock(lock);
    return there ? 0 : NOT_FOUND;
}

OSStatus SecItemDelete(Object *query) {
    checked(query, ENTRY, NULL, "SecItemDelete");
    OSStatus status = enter("SecItemDelete", 0);
    if (status != 0) return status;
    Key key = key_of(query);
    if (key.service == NULL || key.account == NULL) double_abort("SecItemDelete would delete more than one item");
    int lock = items_lock();
    int there = items_remove(key);
    items_unlock(lock);
    return there ? 0 : NOT_FOUND;
}

static Object *moment(long seconds) {
    Object *date = double_make(DATE);
    date->number = (double)seconds - 978307200.0; /* since 2001; whole seconds, as the file keychain keeps them */
    return date;
}

static Object *dictionary_of(int count, Object **keys, Object **values) {
    Object *dictionary = double_make(DICTIONARY);
    dictionary->keys = calloc((size_t)count + 1, sizeof *keys);
    dictionary->values = calloc((size_t)count + 1, sizeof *values);
    for (int at = 0; at < count; at++) {
        if (values[at] == NULL) continue;
        dictionary->keys[dictionary->length] = keys[at];
        dictionary->values[dictionary->length++] = values[at]; /* the only owner of what was made for it */
    }
    return dictionary;
}

static Object *attributes_of(const Item *item) {
    Object *keys[] = {kSecClass, kSecAttrService, kSecAttrAccount, kSecAttrCreationDate, kSecAttrModificationDate};
    Object *values[] = {
        kSecClassGenericPassword, item->service ? double_string(item->service, item->service_length) : NULL,
        item->account ? double_string(item->account, item->account_length) : NULL, moment(item->created),
        moment(item->modified)};
    return dictionary_of(5, keys, values);
}

static int matches(Key wanted, const Item *item) {
    return (wanted.service == NULL || (wanted.service_length == item->service_length &&
                                       memcmp(wanted.service, item->service, (size_t)item->service_length) == 0)) &&
           (wanted.account == NULL || (wanted.account_length == item->account_length &&
                                       memcmp(wanted.account, item->account, (size_t)item->account_length) == 0));
}

OSStatus SecItemCopyMatching(Object *query, Object **result) {
    checked(query, ENTRY, ANSWER, "SecItemCopyMatching");
    if (result == NULL) double_abort("SecItemCopyMatching has nowhere to put the result");
    int data = double_find(query, kSecReturnData) != NULL, all = double_find(query, kSecMatchLimit) == kSecMatchLimitAll;
    if (data == (double_find(query, kSecReturnAttributes) != NULL)) return PARAMETER;
    if (all && data) return PARAMETER;
    OSStatus status = enter("SecItemCopyMatching", data);
    if (status != 0) return status;
    Key wanted = key_of(query);
    Object *array = double_make(ARRAY);
    int lock = items_lock();
    Item *items;
    int count = items_all(&items);
    items_unlock(lock); /* nobody waits for another's dialog */
    array->values = calloc((size_t)count + 1, sizeof *array->values);
    for (int at = 0; at < count && status == 0; at++) {
        Item *item = &items[at];
        if (!matches(wanted, item) || (!all && array->length == 1)) continue;
        if (!data) {
            array->values[array->length++] = attributes_of(item);
        } else if (item->anyone || strcmp(item->owner, settings_identity()) == 0 ||
                   (status = ask(NULL, settings_read())) == 0) {
            extern Object *CFDataCreate(void *, const uint8_t *, CFIndex);
            array->values[array->length++] = CFDataCreate(NULL, (uint8_t *)item->data, item->length);
        }
    }
    for (int at = 0; at < count; at++) item_forget(&items[at]);
    free(items);
    if (status == 0 && array->length == 0) status = NOT_FOUND;
    if (status == 0) *result = all ? array : array->values[0];
    if (status == 0 && !all) array->length = 0; /* handed over */
    if (status != 0 || !all) double_drop(array);
    return status;
}

/* --- access -------------------------------------------------------------------------------------------------- */

OSStatus SecAccessCreate(Object *descriptor, Object *trusted, Object **access) {
    double_check(descriptor, STRING, "SecAccessCreate");
    if (trusted != NULL) double_check(trusted, ARRAY, "SecAccessCreate");
    OSStatus status = enter("SecAccessCreate", 0);
    if (status != 0) return status;
    *access = double_make(ACCESS);
    (*access)->values = calloc(1, sizeof(Object *));
    (*access)->values[0] = double_make(ACL); /* no list of trusted applications: the one that creates the item */
    (*access)->length = 1;
    return 0;
}

Object *SecAccessCopyMatchingACLList(Object *access, Object *authorization) {
    double_check(access, ACCESS, "SecAccessCopyMatchingACLList");
    if (authorization != kSecACLAuthorizationDecrypt) return NULL;
    Object *array = double_make(ARRAY);
    array->values = calloc(1, sizeof(Object *));
    array->values[0] = access->values[0];
    array->length = 1;
    double_hold(access->values[0]);
    return array;
}

OSStatus SecACLSetContents(Object *list, Object *applications, Object *description, uint16_t prompt) {
    double_check(list, ACL, "SecACLSetContents");
    double_check(description, STRING, "SecACLSetContents");
    if (prompt != 0) double_abort("SecACLSetContents: a prompt was asked for");
    list->number = applications == NULL; /* here, unlike above, no list means any application */
    return 0;
}

/* --- the keychain, and the process --------------------------------------------------------------------------- */

OSStatus SecKeychainGetUserInteractionAllowed(Boolean *allowed) {
    *allowed = interaction;
    return 0;
}

OSStatus SecKeychainSetUserInteractionAllowed(Boolean allowed) {
    if (allowed > 1) double_abort("SecKeychainSetUserInteractionAllowed was given no Boolean");
    interaction = allowed;
    return 0;
}

OSStatus SecKeychainCopyDefault(Object **keychain) {
    OSStatus status = enter("SecKeychainCopyDefault", 0);
    if (status == 0) *keychain = double_make(KEYCHAIN);
    return status;
}

OSStatus SecKeychainGetStatus(Object *keychain, uint32_t *status) {
    double_check(keychain, KEYCHAIN, "SecKeychainGetStatus");
    *status = settings_read().locked ? 2 : 7; /* 1 unlocked, 2 readable, 4 writable */
    return 0;
}

OSStatus SecKeychainGetPath(Object *keychain, uint32_t *room, char *path) {
    double_check(keychain, KEYCHAIN, "SecKeychainGetPath");
    const char *name = "/Users/made-up/Library/Keychains/login.keychain-db";
    if (*room < strlen(name)) return -25301;
    *room = (uint32_t)strlen(name);
    memcpy(path, name, *room); /* without a NUL, as in the original */
    return 0;
}

Object *SecCopyErrorMessageString(OSStatus status, void *reserved) {
    if (reserved != NULL) double_abort("SecCopyErrorMessageString: its second argument is reserved");
    if (status != UNDOCUMENTED) return NULL;
    const char *text = "A made-up message of the system.";
    return double_string(text, (CFIndex)strlen(text));
}

OSStatus SecCodeCopySelf(uint32_t flags, Object **code) {
    if (flags != 0) double_abort("SecCodeCopySelf: its flags are reserved");
    OSStatus status = enter("SecCodeCopySelf", 0);
    if (status == 0) *code = double_make(CODE);
    return status;
}

OSStatus SecCodeCopySigningInformation(Object *code, uint32_t flags, Object **information) {
    double_check(code, CODE, "SecCodeCopySigningInformation");
    if (flags != 2) double_abort("SecCodeCopySigningInformation: its flags are not kSecCSSigningInformation");
    Settings settings = settings_read();
    int signed_ = strcmp(settings.signature, "none") != 0, adhoc = strcmp(settings.signature, "adhoc") == 0;
    Object *number = signed_ ? double_make(NUMBER) : NULL;
    if (number != NULL) number->number = adhoc ? 0x20002 : 0x10000;
    Object *keys[] = {kSecCodeInfoIdentifier, kSecCodeInfoFlags, kSecCodeInfoTeamIdentifier};
    Object *values[] = {signed_ ? double_string("org.python.python", 17) : NULL, number,
                        signed_ && !adhoc ? double_string("BMM5U3QVKW", 10) : NULL};
    *information = dictionary_of(3, keys, values);
    return 0;
}
