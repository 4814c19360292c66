/* The double's keychain on disk: a directory with one file for each item, and one with the test's settings. */

#ifndef ITEMS_H
#define ITEMS_H

typedef struct { const char *service; long service_length; const char *account; long account_length; } Key;

typedef struct {
    char *service, *account, *data;
    long service_length, account_length, length;
    long created, modified; /* seconds since 1970 */
    int anyone;             /* any application may read it */
    char owner[64];         /* the identity of the application that made it */
} Item;

typedef struct {
    int locked, no_default, status;
    char failing[64], answer[16], signature[16];
} Settings;

int items_lock(void);
void items_unlock(int lock);
int items_read(Key key, Item *item);
int items_all(Item **items);
void items_write(Key key, Item item);
int items_remove(Key key);
void item_forget(Item *item);

Settings settings_read(void);
const char *settings_identity(void);
void settings_change(const char *name, const char *value);
void settings_count(const char *name);

#endif
