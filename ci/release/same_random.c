/* Random numbers that are always the same, for a compiler whose macros iterate over hash maps:
 * preloaded, this takes the place of the C library's function. See rustc.sh. */
#include <string.h>
#include <sys/types.h>

ssize_t getrandom(void *bytes, size_t length, unsigned flags) {
    (void)flags;
    memset(bytes, 0, length);
    return (ssize_t)length;
}
