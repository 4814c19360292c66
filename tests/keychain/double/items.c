/* Items and settings as files; see items.h.  A file is replaced as a whole, so a killed process leaves none in part. */

#define _GNU_SOURCE
#include "items.h"
#include "double.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

static char directory[4000], identity[64] = "python";

/* Where the keychain is and which application this process is; told by the test that loads the double. */
void double_open(const char *path, const char *application) {
    snprintf(directory, sizeof directory, "%s", path);
    snprintf(identity, sizeof identity, "%s", application);
}

const char *settings_identity(void) { return identity; }

static void path_of(char *path, size_t size, const char *name) {
    if (directory[0] == 0) double_abort("double_open was not called");
    snprintf(path, size, "%s/%s", directory, name);
}

int items_lock(void) {
    char path[4200];
    path_of(path, sizeof path, "lock");
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX) != 0) double_abort("the keychain's directory cannot be locked");
    return lock;
}

void items_unlock(int lock) { close(lock); }

static void name_of(char *name, size_t size, Key key) {
    unsigned long long one = 14695981039346656037ull, other = 88172645463325252ull;
    for (int part = 0; part < 2; part++) {
        const char *text = part ? key.account : key.service;
        long length = part ? key.account_length : key.service_length;
        for (long at = -1; at < length; at++) {
            one = (one ^ (at < 0 ? 256u : (unsigned char)text[at])) * 1099511628211ull;
            other = (other ^ (at < 0 ? 256u : (unsigned char)text[at])) * 6364136223846793005ull + 1442695040888963407ull;
        }
    }
    snprintf(name, size, "item-%016llx%016llx", one, other);
}

static char *part(FILE *file, long length) {
    char *bytes = malloc((size_t)length + 1);
    if (fread(bytes, 1, (size_t)length, file) != (size_t)length) double_abort("an item's file is cut short");
    bytes[length] = 0;
    return bytes;
}

static int load(const char *name, Item *item) {
    char path[4200];
    path_of(path, sizeof path, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) return 0;
    if (item != NULL) {
        memset(item, 0, sizeof *item);
        if (fscanf(file, "%ld %ld %d %63s %ld %ld %ld", &item->created, &item->modified, &item->anyone, item->owner,
                   &item->service_length, &item->account_length, &item->length) != 7 || fgetc(file) != '\n')
            double_abort("an item's file is damaged");
        item->service = part(file, item->service_length);
        item->account = part(file, item->account_length);
        item->data = part(file, item->length);
    }
    fclose(file);
    return 1;
}

int items_read(Key key, Item *item) {
    char name[64];
    name_of(name, sizeof name, key);
    return load(name, item);
}

int items_all(Item **items) {
    DIR *entries = opendir(directory);
    if (entries == NULL) double_abort("the keychain's directory is gone");
    int count = 0, room = 16;
    *items = malloc((size_t)room * sizeof **items);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (strncmp(entry->d_name, "item-", 5) != 0) continue;
        if (count == room) *items = realloc(*items, (size_t)(room *= 2) * sizeof **items);
        count += load(entry->d_name, &(*items)[count]);
    }
    closedir(entries);
    return count;
}

static void replace(const char *name, const char *bytes, size_t length) {
    char path[4200], fresh[4200];
    path_of(path, sizeof path, name);
    path_of(fresh, sizeof fresh, "fresh-XXXXXX");
    int file = mkstemp(fresh);
    if (file < 0 || write(file, bytes, length) != (ssize_t)length || close(file) != 0 || rename(fresh, path) != 0)
        double_abort("an item cannot be written");
}

void items_write(Key key, Item item) {
    char name[64], *bytes;
    size_t size;
    long now = (long)time(NULL);
    name_of(name, sizeof name, key);
    FILE *file = open_memstream(&bytes, &size);
    fprintf(file, "%ld %ld %d %s %ld %ld %ld\n", item.created ? item.created : now, now, item.anyone,
            item.owner[0] ? item.owner : identity, key.service_length, key.account_length, item.length);
    fwrite(key.service, 1, (size_t)key.service_length, file);
    fwrite(key.account, 1, (size_t)key.account_length, file);
    fwrite(item.data, 1, (size_t)item.length, file);
    fclose(file);
    replace(name, bytes, size);
    free(bytes);
}

int items_remove(Key key) {
    char name[64], path[4200];
    name_of(name, sizeof name, key);
    path_of(path, sizeof path, name);
    return unlink(path) == 0;
}

void item_forget(Item *item) {
    free(item->service);
    free(item->account);
    free(item->data);
}

/* --- settings ------------------------------------------------------------------------------------------------ */

static void file_of_setting(char *path, size_t size, const char *name) {
    char file[80];
    snprintf(file, sizeof file, "set-%s", name);
    path_of(path, size, file);
}

static void setting(const char *name, char *value, size_t size, const char *otherwise) {
    char path[4200];
    file_of_setting(path, sizeof path, name);
    snprintf(value, size, "%s", otherwise);
    FILE *file = fopen(path, "r");
    if (file == NULL) return;
    if (fgets(value, (int)size, file) != NULL) value[strcspn(value, "\n")] = 0;
    fclose(file);
}

static int number_of(const char *name) {
    char value[32];
    setting(name, value, sizeof value, "0");
    return atoi(value);
}

Settings settings_read(void) {
    Settings settings = {number_of("locked"), number_of("no-default"), number_of("status"), "", "", ""};
    setting("failing", settings.failing, sizeof settings.failing, "");
    setting("answer", settings.answer, sizeof settings.answer, "allow");
    setting("signature", settings.signature, sizeof settings.signature, "developer");
    return settings;
}

void settings_change(const char *name, const char *value) {
    char file[80];
    snprintf(file, sizeof file, "set-%s", name);
    replace(file, value, strlen(value));
}

/* One byte for each time: appending is atomic. */
void settings_count(const char *name) {
    char path[4200];
    file_of_setting(path, sizeof path, name);
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0 || write(file, "+", 1) != 1 || close(file) != 0) double_abort("a count cannot be written");
}
