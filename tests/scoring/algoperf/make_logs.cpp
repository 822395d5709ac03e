#include "tests/scoring/algoperf/make_logs.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>
#include <stdexcept>

namespace timetrial::algoperf::test {
namespace {

struct Terms {
  const char* workload;
  const char* metric;
  double miss, hit;  ///< values on either side of the target
  int budget_v05, budget_v06;
};
constexpr Terms kTerms[] = {
    {"criteo1tb", "loss", 0.13, 0.12, 7703, 7703},
    {"fastmri", "ssim", 0.70, 0.73, 8859, 4430},
    {"fastmri_tanh", "ssim", 0.70, 0.72, 8859, 4430},
    {"wmt", "bleu", 30.0, 31.0, 48151, 43336},
};

const Terms& terms_of(const std::string& workload) {
  for (const auto& terms : kTerms) {
    if (workload == terms.workload) return terms;
  }
  throw std::invalid_argument("no made-up terms of " + workload);
}

struct FreeWriter {
  void operator()(archive* writer) const { archive_write_free(writer); }
};

void add_file(archive* writer, const std::filesystem::path& file, const std::string& name) {
  const auto text = read_file(file);
  const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(),
                                                                            archive_entry_free);
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(text.size()));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  if (archive_write_header(writer, entry.get()) != ARCHIVE_OK ||
      archive_write_data(writer, text.data(), text.size()) < 0) {
    throw std::runtime_error(archive_error_string(writer));
  }
}

}  // namespace

void write_file(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

std::string read_file(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

std::string made_measurements(const std::string& workload, int rows, int hit, std::uint64_t seed) {
  const auto& terms = terms_of(workload);
  std::mt19937_64 random(seed);
  const auto noise = [&] { return 1e-3 * static_cast<double>(random() % 1000) / 1000; };
  std::string text = fmt::format(
      "accumulated_eval_time,accumulated_submission_time,global_step,preemption_count,score,"
      "test/{0},total_duration,train/{0},validation/{0}\n",
      terms.metric);
  for (int row = 0; row < rows; ++row) {
    const double time = 20 + 100 * row + noise(), evaluation = 10 * (row + 1) + noise();
    const double value = (hit >= 0 && row >= hit ? terms.hit : terms.miss) + noise();
    text += fmt::format("{},{},{},0,{},{},{},{},{}\n", evaluation, time, 1 + 50 * row, time,
                        value + noise(), time + evaluation, value - noise(), value);
  }
  return text;
}

void make_logs(const std::filesystem::path& folder, const MadeLogs& logs) {
  std::uint64_t seed = 0;
  for (const auto& submission : logs.submissions) {
    for (int study = 0; study < logs.studies; ++study) {
      for (const auto& workload : logs.workloads) {
        const auto& terms = terms_of(workload);
        for (int trial = 1; trial <= logs.trials; ++trial) {
          ++seed;
          const auto place = folder / submission / fmt::format("study_{}", study) /
                             (workload + (logs.framework.empty() ? "" : "_" + logs.framework)) /
                             fmt::format("trial_{}", trial);
          auto text = made_measurements(workload, logs.rows, trial == 2 ? -1 : 2 + study, seed);
          if (trial == 3) text = text.substr(0, text.rfind(',') + 1) + "\n";
          if (trial != 2 || study != 0) write_file(place / "eval_measurements.csv", text);
          if (logs.tuning != "self") {
            write_file(place / "hparams.json",
                       fmt::format("{{\"learning_rate\": {}e-3, \"nesterov\": true, "
                                   "\"decay\": \"cosine\", \"clip\": null}}",
                                   trial));
          }
          write_file(
              place / "meta_data_0.json",
              fmt::format("{{\"workload.max_allowed_runtime_sec\": {}, \"gpu_count\": 8, "
                          "\"gpu_model_name\": \"V100\", \"git_commit_hash\": \"abc\", "
                          "\"gpu.0.temp.current\": {}, \"rng_seed\": {}}}",
                          logs.v05 ? terms.budget_v05 : terms.budget_v06, seed, 1000 + seed));
          if (logs.tuning.empty()) continue;
          write_file(place / "flags_0.json",
                     fmt::format("{{\"workload\": \"{}\", \"tuning_ruleset\": \"{}\"}}", workload,
                                 logs.tuning));
        }
      }
    }
  }
}

void pack(const std::filesystem::path& folder, const std::filesystem::path& file,
          const std::function<void(std::vector<std::filesystem::path>&)>& shuffle) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (shuffle) shuffle(files);
  const std::unique_ptr<archive, FreeWriter> writer(archive_write_new());
  archive_write_set_format_pax_restricted(writer.get());
  if (file.extension() == ".xz") archive_write_add_filter_xz(writer.get());
  if (file.extension() == ".zst") archive_write_add_filter_zstd(writer.get());
  if (archive_write_open_filename(writer.get(), file.c_str()) != ARCHIVE_OK) {
    throw std::runtime_error(archive_error_string(writer.get()));
  }
  for (const auto& path : files) {
    add_file(writer.get(), path, (folder.filename() / path.lexically_relative(folder)).string());
  }
}

}  // namespace timetrial::algoperf::test
