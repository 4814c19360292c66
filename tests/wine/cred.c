// Another program's hand on Windows' credentials.  Arguments and answers are UTF-8 in hexadecimal digits, since the
// way of other texts through Wine's command line depends on the locale.
//   cred set TARGET USER BLOB      writes a generic credential, kept on this machine
//   cred get TARGET                target, user, blob, persistence, type
#include <windows.h>
#include <wincred.h>
#include <stdio.h>
#include <string.h>

static int failed(const char *what) {
    fprintf(stderr, "%s: error %lu\n", what, GetLastError());
    return 1;
}

static DWORD bytes(const char *hex, BYTE *to, DWORD room) {
    DWORD size = (DWORD)strlen(hex) / 2;
    if (size > room) exit(3);
    for (DWORD at = 0; at < size; at++) sscanf(hex + 2 * at, "%2hhx", &to[at]);
    return size;
}

static WCHAR *wide(const char *hex, WCHAR *to, int room) {
    char utf8[1024];
    DWORD size = bytes(hex, (BYTE *)utf8, sizeof utf8);
    to[MultiByteToWideChar(CP_UTF8, 0, utf8, (int)size, to, room - 1)] = 0;
    return to;
}

static void print_wide(const WCHAR *text) {
    char utf8[1024];
    int size = text ? WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, sizeof utf8, 0, 0) - 1 : 0;
    for (int at = 0; at < size; at++) printf("%02x", (BYTE)utf8[at]);
    printf("\n");
}

int main(int argc, char **argv) {
    WCHAR target[1024], user[1024];
    static BYTE blob[1 << 16];
    if (argc == 5 && !strcmp(argv[1], "set")) {
        CREDENTIALW c = {0};
        c.Type = CRED_TYPE_GENERIC;
        c.TargetName = wide(argv[2], target, 1024);
        c.UserName = wide(argv[3], user, 1024);
        c.CredentialBlobSize = bytes(argv[4], blob, sizeof blob);
        c.CredentialBlob = blob;
        c.Persist = CRED_PERSIST_LOCAL_MACHINE;
        return CredWriteW(&c, 0) ? 0 : failed("CredWriteW");
    }
    if (argc == 3 && !strcmp(argv[1], "get")) {
        PCREDENTIALW c;
        if (!CredReadW(wide(argv[2], target, 1024), CRED_TYPE_GENERIC, 0, &c)) return failed("CredReadW");
        print_wide(c->TargetName);
        print_wide(c->UserName);
        for (DWORD at = 0; at < c->CredentialBlobSize; at++) printf("%02x", c->CredentialBlob[at]);
        printf("\n%lu\n%lu\n", c->Persist, c->Type);
        CredFree(c);
        return 0;
    }
    return 2;
}
