// Makes namespaces, mounts and roots of its own.
#include "tests/hostile/exhibit.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  expect_refused(unshare(CLONE_NEWUSER), "a new user namespace");
  expect_refused(syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWNS, 0, 0, 0, 0), "cloning into one");
  expect_refused(syscall(SYS_clone3, nullptr, 0), "clone3", ENOSYS, ENOSYS);
  expect_refused(mount("none", "/scratch", "tmpfs", 0, nullptr), "mounting");
  expect_refused(chroot("/scratch"), "chroot");
  expect_refused(setns(0, 0), "entering namespaces");
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("leaves_its_namespaces")
