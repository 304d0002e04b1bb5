/* Makes fsync and fdatasync fail or wait. Preloaded into a node by the tests; what to do stands in the file that
   SYNC_FAULT names: "eio TEXT" = the next one of a file whose path has TEXT in it fails, once; "delay TEXT" = each of
   those takes two seconds. No such file: nothing is changed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_to_fail(int fd) {
  const char *control = getenv("SYNC_FAULT");
  char text[256], link[64], path[4096];
  ssize_t length;
  int in = control == NULL ? -1 : open(control, O_RDONLY | O_CLOEXEC);
  if (in < 0) {
    return 0;
  }
  length = read(in, text, sizeof text - 1);
  close(in);
  if (length <= 0) {
    return 0;
  }
  text[length] = '\0';
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  length = readlink(link, path, sizeof path - 1);
  if (length <= 0) {
    return 0;
  }
  path[length] = '\0';
  if (strncmp(text, "eio ", 4) == 0) {
    /* Of several threads, one removes it. */
    return strstr(path, text + 4) != NULL && unlink(control) == 0;
  }
  if (strncmp(text, "delay ", 6) == 0 && strstr(path, text + 6) != NULL) {
    sleep(2);
  }
  return 0;
}

static int sync_by(const char *name, int fd) {
  int (*real)(int) = (int (*)(int)) dlsym(RTLD_NEXT, name);
  if (is_to_fail(fd)) {
    errno = EIO;
    return -1;
  }
  return real(fd);
}

int fsync(int fd) {
  return sync_by("fsync", fd);
}

int fdatasync(int fd) {
  return sync_by("fdatasync", fd);
}
