#pragma once
// A small set of AlgoPerf logs, made up: always the same, with what real logs have (several
// submissions and studies, crashed trials, a variant, NaN). In the layout of the real ones.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace timetrial::algoperf::test {

struct MadeLogs {
  std::vector<std::string> submissions{"ash", "beech"};
  std::vector<std::string> workloads{"criteo1tb", "fastmri", "fastmri_tanh"};
  int studies = 2, trials = 3;
  int rows = 6;
  std::string framework = "jax";
  std::string tuning = "external";  ///< in flags_0.json; empty: no such file
  bool v05 = true;                  ///< budgets of v0.5, else v0.6
};

/// Writes them below `folder`. Trial 2 of the first study of each submission and workload has no
/// measurement file; the last row of trial 3 has an empty validation metric.
void make_logs(const std::filesystem::path& folder, const MadeLogs& logs = {});

/// The measurement file of one made-up trial: target reached in the row `hit` (none if negative).
std::string made_measurements(const std::string& workload, int rows, int hit, std::uint64_t seed);

/// Writes a file, and the folders to it.
void write_file(const std::filesystem::path& file, const std::string& text);
std::string read_file(const std::filesystem::path& file);

/// Packs `folder`, with one folder of its own name inside, into a .tar, .tar.xz or .tar.zst. Files
/// in the order that `shuffle` leaves them in.
void pack(const std::filesystem::path& folder, const std::filesystem::path& archive,
          const std::function<void(std::vector<std::filesystem::path>&)>& shuffle = {});

}  // namespace timetrial::algoperf::test
