// Looks for the database and for the work folders of its own and other trials.
#include "tests/hostile/exhibit.h"

#include <fcntl.h>
#include <filesystem>
#include <fstream>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  std::error_code error;
  const std::filesystem::recursive_directory_iterator entries(TESTS_FOLDER, error);
  expect_stopped(!error, "listing the folder of databases");
  expect_refused(open(TESTS_FOLDER "/museum/store.db", O_RDONLY), "reading the database", ENOENT,
                 EACCES);
  expect_refused(open(TESTS_FOLDER "/museum/store.db", O_RDWR), "writing the database", ENOENT,
                 EACCES);
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("reads_the_database")
