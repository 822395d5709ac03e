#pragma once
// Runs the real binaries of this build: a store and a work folder of its own, prepared data shared.

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace timetrial::end_to_end {

struct Result {
  int code = -1;  ///< exit code, or 128 + signal
  std::string out, err;
};

/// A command in the background.
class Background {
 public:
  Background(pid_t pid, std::filesystem::path out, std::filesystem::path err);
  ~Background();  ///< kills it if it still runs
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  pid_t pid() const { return pid_; }
  Result wait();

 private:
  pid_t pid_;
  std::filesystem::path out_, err_;
  bool ended_ = false;
};

class Installation {
 public:
  /// `name` tells the tests' folders apart.
  explicit Installation(const std::string& name);

  std::filesystem::path folder() const { return folder_; }
  std::filesystem::path store() const { return folder_ / "store.db"; }
  std::filesystem::path tiny_rules() const;
  /// The arguments of `sweep start NAME` on movielens_dlrm under these rules, and more.
  std::vector<std::string> tiny_sweep(const std::string& name,
                                      const std::vector<std::string>& more) const;
  /// A submission that trains with a fixed rule, whatever its hyperparameters.
  std::filesystem::path honest() const;

  /// timetrial with these arguments; TIMETRIAL_STORE and TIMETRIAL_DATA are set.
  /// Behind `prefix`, such as a program that runs another, where one is given.
  Result run(const std::vector<std::string>& arguments,
             const std::vector<std::string>& prefix = {}) const;
  Background start(const std::vector<std::string>& arguments,
                   const std::vector<std::string>& prefix = {}) const;

  /// One value from the store, as text; "" when there is no row.
  std::string query(const std::string& sql) const;

  /// Waits until a query gives `expected`; false after a minute.
  bool eventually(const std::string& sql, const std::string& expected) const;

 private:
  std::filesystem::path folder_;
};

/// The first living descendant of `root` whose program is `name`, waited for; -1 after a minute.
pid_t find_process(pid_t root, const std::string& name);

}  // namespace timetrial::end_to_end
