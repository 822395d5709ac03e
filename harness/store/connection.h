#pragma once
// SQLite with owners: a connection, a prepared statement, a transaction that rolls back unless
// committed. Destructors never throw. Every failure is a StoreError with file, SQLite's message and
// the statement, but a file that is damaged, no database, or not to be written is an InputError.
//
//   Statement insert(connection, "INSERT INTO outcome VALUES (?1, ?2)");
//   insert.run(trial_id, kind);                 // binds, steps to the end, resets
//   Statement select(connection, "SELECT step FROM outcome WHERE trial_id = ?1");
//   select.bind_all(trial_id);
//   while (select.step()) use(select.integer(0));

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace timetrial::store {

enum class Access { read_only, read_write, create };

class Connection {
 public:
  /// Waits up to `busy_timeout_ms` whenever another process writes. Foreign keys are enforced.
  Connection(const std::filesystem::path& file, Access access, int busy_timeout_ms = 60'000);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// One or several statements without results or parameters.
  void execute(const std::string& sql);
  /// The first column of the first row, 0 when there is none.
  std::int64_t integer(const std::string& sql);
  std::string text(const std::string& sql);

  /// What a commit waits for: `full` reaches the disk, `normal` the operating system (so it
  /// survives a killed process, not a power cut). Not within a transaction.
  enum class Durability { normal, full };
  void set_durability(Durability durability);

  std::int64_t last_id() const;
  std::int64_t changes() const;
  sqlite3* raw() const { return database_; }
  const std::filesystem::path& file() const { return file_; }

  /// Throws what the result code calls for.
  [[noreturn]] void fail(int code, std::string_view statement) const;

 private:
  std::filesystem::path file_;
  sqlite3* database_ = nullptr;
  std::optional<Durability> durability_;
};

class Statement {
 public:
  Statement(const Connection& connection, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  void bind(int index, std::int64_t value);
  void bind(int index, double value);  ///< NaN is refused: SQLite would store NULL
  void bind(int index, std::string_view value);
  /// Bytes that stay where they are until the statement has run; empty: a blob of no bytes.
  void bind(int index, std::span<const std::byte> bytes);
  void bind_null(int index);

  /// Binds the arguments to ?1, ?2, …; integers, doubles, texts and optionals of them.
  template <typename... Values>
  void bind_all(const Values&... values) {
    int index = 0;
    (bind_value(++index, values), ...);
  }
  /// Moves to the next row; false at the end.
  bool step();
  void reset();
  template <typename... Values>
  void run(const Values&... values) {
    bind_all(values...);
    while (step()) {
    }
    reset();
  }

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  std::string_view text_view(int column) const;        ///< until the next step
  std::span<const std::byte> bytes(int column) const;  ///< of a blob, until the next step
  int columns() const;
  sqlite3_stmt* raw() const { return statement_; }

 private:
  template <typename Value>
  void bind_value(int index, const Value& value) {
    if constexpr (std::integral<Value>) {
      bind(index, static_cast<std::int64_t>(value));
    } else {
      bind(index, value);
    }
  }
  template <typename Value>
  void bind_value(int index, const std::optional<Value>& value) {
    if (value.has_value()) {
      bind_value(index, *value);
    } else {
      bind_null(index);
    }
  }

  const Connection& connection_;
  sqlite3_stmt* statement_ = nullptr;
};

/// A write transaction (BEGIN IMMEDIATE), so that two writers queue rather than collide half way.
class Transaction {
 public:
  explicit Transaction(Connection& connection);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Connection& connection_;
  bool open_ = true;
};

/// One state of the store for several reads, whatever other processes write meanwhile.
class ReadTransaction {
 public:
  explicit ReadTransaction(Connection& connection);
  ~ReadTransaction();
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

 private:
  Connection& connection_;
};

}  // namespace timetrial::store
