#include "harness/store/connection.h"

#include "harness/store/store.h"
#include "harness/trial/error.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <cmath>

namespace timetrial::store {
namespace {

int open_flags(Access access) {
  switch (access) {
    case Access::read_only:
      return SQLITE_OPEN_READONLY;
    case Access::read_write:
      return SQLITE_OPEN_READWRITE;
    case Access::create:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  }
  return SQLITE_OPEN_READONLY;
}

}  // namespace

Connection::Connection(const std::filesystem::path& file, Access access, int busy_timeout_ms)
    : file_(file) {
  const int flags = open_flags(access) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(file.c_str(), &database_, flags, nullptr);
  try {
    if (code != SQLITE_OK) fail(code, "open");
    sqlite3_busy_timeout(database_, busy_timeout_ms);
    // Foreign keys are off by default; recursive triggers make REPLACE count as a deletion.
    execute("PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON;");
  } catch (...) {
    sqlite3_close_v2(database_);  // the destructor does not run
    throw;
  }
}

Connection::~Connection() { sqlite3_close_v2(database_); }

void Connection::execute(const std::string& sql) {
  const int code = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code, sql);
}

std::int64_t Connection::integer(const std::string& sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.integer(0) : 0;
}

std::string Connection::text(const std::string& sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.text(0) : "";
}

void Connection::set_durability(Durability durability) {
  if (durability_ == durability) return;
  execute(durability == Durability::full ? "PRAGMA synchronous = FULL"
                                         : "PRAGMA synchronous = NORMAL");
  durability_ = durability;
}

std::int64_t Connection::last_id() const { return sqlite3_last_insert_rowid(database_); }
std::int64_t Connection::changes() const { return sqlite3_changes64(database_); }

void Connection::fail(int code, std::string_view statement) const {
  // Another code than the last call's is a finding of ours.
  const bool is_last = database_ != nullptr && sqlite3_errcode(database_) == code;
  const std::string message = is_last ? sqlite3_errmsg(database_) : sqlite3_errstr(code);
  switch (code & 0xff) {
    case SQLITE_NOTADB:
      throw InputError(file_.string() + ": not a store (" + message + "); check the path");
    case SQLITE_CORRUPT:
      throw InputError(file_.string() + ": the store is damaged (" + message +
                       "); restore a copy, or salvage it with sqlite3's .recover");
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      throw InputError(file_.string() + ": the store cannot be opened or written (" + message +
                       "); it takes the right to write the file and its folder");
    case SQLITE_BUSY:
      throw StoreError(file_.string() + ": another process has held the store for too long (" +
                       message + ")");
    default:
      break;
  }
  const auto shown = statement.substr(0, statement.find('\n'));
  throw StoreError(fmt::format("{}: {} (code {}, in: {})", file_.string(), message, code, shown));
}

Statement::Statement(const Connection& connection, std::string_view sql) : connection_(connection) {
  const int code = sqlite3_prepare_v2(connection.raw(), sql.data(), static_cast<int>(sql.size()),
                                      &statement_, nullptr);
  if (code != SQLITE_OK) connection.fail(code, sql);
}

Statement::~Statement() { sqlite3_finalize(statement_); }

void Statement::bind(int index, std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_, index, value);
  if (code != SQLITE_OK) connection_.fail(code, sqlite3_sql(statement_));
}

void Statement::bind(int index, double value) {
  if (std::isnan(value)) throw StoreError("NaN given for a number that must be finite");
  const int code = sqlite3_bind_double(statement_, index, value);
  if (code != SQLITE_OK) connection_.fail(code, sqlite3_sql(statement_));
}

void Statement::bind(int index, std::string_view value) {
  // A null pointer would bind NULL; an empty text must stay a text.
  const int code = sqlite3_bind_text64(statement_, index, value.empty() ? "" : value.data(),
                                       value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) connection_.fail(code, sqlite3_sql(statement_));
}

void Statement::bind(int index, std::span<const std::byte> bytes) {
  // A null pointer would bind NULL.
  const void* const begin = bytes.empty() ? static_cast<const void*>("") : bytes.data();
  const int code = sqlite3_bind_blob64(statement_, index, begin, bytes.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) connection_.fail(code, sqlite3_sql(statement_));
}

void Statement::bind_null(int index) {
  const int code = sqlite3_bind_null(statement_, index);
  if (code != SQLITE_OK) connection_.fail(code, sqlite3_sql(statement_));
}

bool Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  const std::string sql = sqlite3_sql(statement_);
  connection_.fail(code, sql);
}

void Statement::reset() { sqlite3_reset(statement_); }

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}
std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}
double Statement::real(int column) const { return sqlite3_column_double(statement_, column); }

std::string Statement::text(int column) const { return std::string(text_view(column)); }

std::string_view Statement::text_view(int column) const {
  const auto* const bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (bytes == nullptr) return "";
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::span<const std::byte> Statement::bytes(int column) const {
  const auto* const bytes = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

int Statement::columns() const { return sqlite3_column_count(statement_); }

Transaction::Transaction(Connection& connection) : connection_(connection) {
  connection_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  // Nothing can be done about a failure here: SQLite rolls back when the connection closes.
  if (open_) sqlite3_exec(connection_.raw(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  connection_.execute("COMMIT");
  open_ = false;
}

ReadTransaction::ReadTransaction(Connection& connection) : connection_(connection) {
  connection_.execute("BEGIN");
}

ReadTransaction::~ReadTransaction() {
  sqlite3_exec(connection_.raw(), "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace timetrial::store
