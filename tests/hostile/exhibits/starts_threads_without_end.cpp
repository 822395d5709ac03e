// Starts threads without end, with small stacks, so that memory is not what stops them.
#include "tests/hostile/exhibit.h"

#include <pthread.h>
#include <unistd.h>
#include <climits>

namespace timetrial::hostile {
namespace {

void* wait_for_ever(void*) {
  while (true) pause();
}

}  // namespace

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 4 * PTHREAD_STACK_MIN);
  constexpr int kTries = 1'000'000;
  for (int i = 0; i < kTries; ++i) {
    pthread_t thread = 0;
    if (pthread_create(&thread, &attributes, wait_for_ever, nullptr) != 0) usleep(1000);
  }
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("starts_threads_without_end")
