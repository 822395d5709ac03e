#include "harness/store/store.h"

#include "harness/store/impl.h"
#include "harness/store/imported_rows.h"
#include "harness/store/journal.h"
#include "harness/store/schema.h"
#include "harness/trial/error.h"

#include <sqlite3.h>

#include <utility>

namespace timetrial::store {
namespace {

void require_file(const std::filesystem::path& file) {
  if (std::filesystem::is_directory(file)) {
    throw InputError(file.string() + ": a folder; give the store's file");
  }
  if (!std::filesystem::exists(file)) {
    throw InputError(file.string() + ": no store here; run a sweep first, or check the path");
  }
}

void require_folder(const std::filesystem::path& file) {
  if (!file.has_parent_path()) return;
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  if (error) {
    throw InputError(file.parent_path().string() + ": cannot be made (" + error.message() +
                     "); choose another place for the store");
  }
}

Access access_of(Store::Mode mode) {
  switch (mode) {
    case Store::Mode::read_only:
      return Access::read_only;
    case Store::Mode::read_write:
      return Access::read_write;
    case Store::Mode::create:
      return Access::create;
  }
  return Access::read_only;
}

}  // namespace

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;
Store::Store(Store&&) noexcept = default;

Store Store::open(const std::filesystem::path& file, Mode mode) {
  if (mode == Mode::create) require_folder(file);
  if (mode != Mode::create || std::filesystem::is_directory(file)) require_file(file);
  auto impl = std::make_unique<Impl>(file, access_of(mode));
  register_imported_rows(impl->connection.raw());
  // SQLite opens a file that it may not write for reading, and says so at the first row.
  if (mode != Mode::read_only && sqlite3_db_readonly(impl->connection.raw(), "main") != 0) {
    impl->connection.fail(SQLITE_READONLY, "open");
  }
  if (mode == Mode::read_only) {
    // Curves are read whole: mapped, they are not copied page by page.
    impl->connection.execute("PRAGMA mmap_size = 1073741824");
    check_is_store(impl->connection, migrations());
    return Store(std::move(impl));
  }
  // A file that is no store is refused before anything in it changes.
  if (mode == Mode::read_write) check_is_store(impl->connection, migrations());
  if (mode == Mode::create && impl->connection.integer("SELECT COUNT(*) FROM sqlite_schema") > 0) {
    check_is_store(impl->connection, migrations());
  }
  impl->wal = choose_journal(impl->connection);
  impl->expect_full();
  migrate(impl->connection, migrations());
  return Store(std::move(impl));
}

void Store::backup(const std::filesystem::path& to) const { copy_to(impl_->connection, to); }

}  // namespace timetrial::store
