// Logs in a .tar, .tar.xz or .tar.zst (and .tar.gz), by libarchive. Read whole and in one pass:
// measurements are parsed as they come and kept as columns; nothing is written anywhere.
#include "scoring/algoperf/log_source.h"

#include "harness/trial/error.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace timetrial::algoperf {
namespace {

constexpr std::size_t kBlock_B = std::size_t{1} << 17;
constexpr std::size_t kTrialDepth = 4;  ///< names from the submission to the trial
constexpr std::size_t kLongestPath = 4096;

/// What an archive holds of one trial.
struct Contents {
  bool has_file = false;  ///< of measurements, usable or not
  Measurements measurements;
  std::string hparams;
  std::map<std::string, std::string> meta_data, flags;  ///< by file name: the first counts
};

using Names = std::vector<std::string>;

/// Names of a path; empty for one that leads out of the archive or is far too long.
Names names_of(std::string_view path) {
  Names names;
  if (path.size() > kLongestPath) return names;
  while (!path.empty()) {
    const auto end = path.find('/');
    const auto name = path.substr(0, end);
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
    if (name.empty() || name == ".") continue;
    if (name == "..") return {};
    names.emplace_back(name);
  }
  return names;
}

std::string joined(const Names& names, std::size_t begin, std::size_t end) {
  std::string path;
  for (std::size_t i = begin; i < end && i < names.size(); ++i) {
    path += (path.empty() ? "" : "/") + names[i];
  }
  return path;
}

/// libarchive's reader of one file.
class ArchiveReader {
 public:
  explicit ArchiveReader(const std::filesystem::path& path) : path_(path) {
    if (archive_ == nullptr) throw std::bad_alloc();
    archive_read_support_format_tar(archive_.get());
    archive_read_support_filter_xz(archive_.get());
    archive_read_support_filter_zstd(archive_.get());
    archive_read_support_filter_gzip(archive_.get());
    if (archive_read_open_filename(archive_.get(), path.c_str(), kBlock_B) != ARCHIVE_OK) fail();
  }

  /// The next entry; null at the end.
  archive_entry* next() {
    archive_entry* entry = nullptr;
    const int code = archive_read_next_header(archive_.get(), &entry);
    if (code == ARCHIVE_EOF) return nullptr;
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) fail();
    return entry;
  }

  /// The content of the current entry, until the next call.
  std::string_view content(const std::string& name, std::int64_t largest) {
    std::size_t size = 0;
    for (;;) {
      if (size == buffer_.size()) buffer_.resize(2 * buffer_.size());
      const la_ssize_t count =
          archive_read_data(archive_.get(), buffer_.data() + size, buffer_.size() - size);
      if (count == ARCHIVE_WARN || count == ARCHIVE_RETRY) continue;
      if (count < 0) fail();
      if (count == 0) return {buffer_.data(), size};
      size += static_cast<std::size_t>(count);
      if (static_cast<std::int64_t>(size) > largest) {
        throw InputError(fmt::format("{}: {} is far larger than such a file ever is; remove it",
                                     path_.string(), name));
      }
    }
  }

  /// Bytes of the file read so far.
  std::uint64_t position() const {
    return static_cast<std::uint64_t>(
        std::max<la_int64_t>(archive_filter_bytes(archive_.get(), -1), 0));
  }

  [[noreturn]] void fail() const {
    const char* text = archive_error_string(archive_.get());
    throw InputError(fmt::format(
        "{}: no sound archive of AlgoPerf logs ({}); expected a whole .tar, .tar.xz or .tar.zst, "
        "so fetch it again or unpack it and give the folder",
        path_.string(), text != nullptr ? text : "unknown error"));
  }

 private:
  struct Free {
    void operator()(archive* reader) const { archive_read_free(reader); }
  };
  std::filesystem::path path_;
  std::unique_ptr<archive, Free> archive_{archive_read_new()};
  std::vector<char> buffer_ = std::vector<char>(kBlock_B);
};

/// The path of an entry, in UTF-8 where the archive says so; empty when it has none that can be
/// shown.
std::string path_of(archive_entry* entry) {
  const char* path = archive_entry_pathname_utf8(entry);
  if (path == nullptr) path = archive_entry_pathname(entry);
  return path == nullptr ? "" : path;
}

class LogArchive final : public LogSource {
 public:
  LogArchive(const std::filesystem::path& path, Findings& findings, const Progress& progress)
      : LogSource(findings), path_(path) {
    read_all(progress);
    build_tree();
    arrange(path_);
    const auto has_file = [](const auto& entry) { return entry.second.has_file; };
    if (std::none_of(trials_.begin(), trials_.end(), has_file)) fail_no_logs(path_);
  }

  TrialTexts texts(const WorkloadFolder& folder, const TrialFolder& trial) override {
    const auto& contents = contents_of(folder, trial);
    return {first_of(contents.meta_data), first_of(contents.flags)};
  }

 private:
  void load(LogTrial& loaded) override {
    const auto& contents = contents_of(*loaded.folder, *loaded.trial);
    if (contents.measurements.rows > 0) {
      loaded.measurements = &contents.measurements;
    } else {
      loaded.missing = contents.has_file ? kNothingInFile : kNoMeasurementFile;
    }
    loaded.hparams = contents.hparams;
    loaded.meta = parse_meta_data(first_of(contents.meta_data), loaded.path() + "/meta_data");
  }

  static std::string first_of(const std::map<std::string, std::string>& texts) {
    return texts.empty() ? "" : texts.begin()->second;
  }

  const Contents& contents_of(const WorkloadFolder& folder, const TrialFolder& trial) const {
    return trials_.at(prefix_ + folder.path() + "/" + trial.name);
  }

  void read_all(const Progress& progress) {
    std::error_code ignored;
    const auto total = std::filesystem::file_size(path_, ignored);
    ArchiveReader reader(path_);
    while (archive_entry* entry = reader.next()) {
      take_entry(reader, entry);
      if (progress) progress(std::min<std::uint64_t>(reader.position(), total), total);
    }
  }

  void take_entry(ArchiveReader& reader, archive_entry* entry) {
    const auto path = path_of(entry);
    const auto names = names_of(path);
    if (names.empty()) {
      if (path.find_first_not_of("./") != std::string::npos) {
        findings_.add(Finding::stray_file, "an entry whose path leads nowhere");
      }
      return;
    }
    if (archive_entry_hardlink(entry) != nullptr || archive_entry_filetype(entry) == AE_IFLNK) {
      findings_.add(Finding::link, joined(names, 0, names.size()));
      return;
    }
    if (archive_entry_filetype(entry) == AE_IFDIR) {
      note_folder(names, names.size());
    } else if (archive_entry_filetype(entry) == AE_IFREG) {
      note_folder(names, names.size() - 1);
      take_file(reader, names);
    } else {
      findings_.add(Finding::stray_file, joined(names, 0, names.size()));
    }
  }

  /// Remembers every folder on the way, since archives need not list them.
  void note_folder(const Names& names, std::size_t count) {
    const auto path = joined(names, 0, count);
    if (path == last_folder_) return;
    last_folder_ = path;
    // Deeper than a wrapped trial, names matter no longer.
    constexpr std::size_t kDeepest = 12;
    for (std::size_t depth = 1; depth <= std::min(count, kDeepest); ++depth) {
      folders_.insert(Names(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(depth)));
    }
  }

  void take_file(ArchiveReader& reader, const Names& names) {
    const auto& name = names.back();
    const bool in_trial = names.size() > 1 && is_trial_name(names[names.size() - 2]);
    if (!in_trial) {
      files_.push_back(names);
      return;
    }
    const bool is_json = name.ends_with(".json");
    const auto folder = joined(names, 0, names.size() - 1);
    if (name == kMeasurementFile) {
      auto& contents = trials_[folder];
      const auto shown = folder + "/" + name;
      contents.has_file = true;
      contents.measurements = {};  // of a file that comes twice, the later one counts, as for tar
      if (parser_.parse(reader.content(shown, kLargestMeasurements_B), shown, findings_)) {
        contents.measurements = parser_.take();
      }
    } else if (name == kHparamsFile) {
      trials_[folder].hparams = reader.content(folder + "/" + name, kLargestJson_B);
    } else if (is_json && name.starts_with("meta_data_")) {
      trials_[folder].meta_data[name] = reader.content(folder + "/" + name, kLargestJson_B);
    } else if (is_json && name.starts_with("flags_")) {
      take_flags(trials_[folder].flags[name], reader.content(folder + "/" + name, kLargestJson_B));
    }
  }

  /// Flags are looked at in a few trials only, but which ones is not known yet: all that matters of
  /// them is kept.
  void take_flags(std::string& kept, std::string_view text) {
    const auto tuning = json_.tuning(text);
    if (tuning && !tuning->empty() && tuning->find_first_of("\"\\") == std::string::npos) {
      kept = fmt::format("{{\"tuning_ruleset\":\"{}\"}}", *tuning);
    }
  }

  /// Folders around all submissions are passed through.
  std::size_t wrappers() const {
    std::size_t depth = 0;
    for (;;) {
      std::set<std::string> tops;
      bool deeper = false;
      for (const auto& names : folders_) {
        if (names.size() > depth) tops.insert(names[depth]);
        deeper = deeper || (names.size() == depth + kTrialDepth + 1 &&
                            is_trial_name(names.back()) && !is_trial_name(names[names.size() - 2]));
      }
      if (tops.size() != 1 || !deeper) return depth;
      ++depth;
    }
  }

  void build_tree() {
    const auto depth = wrappers();
    for (const auto& names : folders_) {
      if (names.size() == depth) prefix_ = joined(names, 0, depth) + "/";
      if (names.size() > depth) add_folder(names, depth);
    }
    for (const auto& names : files_) {
      if (names.size() < depth + kTrialDepth + 1) {
        findings_.add(Finding::stray_file,
                      joined(names, std::min(depth, names.size() - 1), names.size()));
      }
    }
    // A trial folder is in the tree whether or not one of its files was kept.
    for (const auto& folder : tree_.workloads) {
      for (const auto& trial : folder.trials) {
        trials_.try_emplace(prefix_ + folder.path() + "/" + trial.name);
      }
    }
  }

  void add_folder(const Names& names, std::size_t depth) {
    const auto level = names.size() - depth;
    const auto first = names.begin() + static_cast<std::ptrdiff_t>(depth);
    const auto last = names.begin() +
                      static_cast<std::ptrdiff_t>(std::min(names.size(), depth + kTrialDepth - 1));
    if (const auto bad = std::find_if_not(first, last, is_folder_name); bad != last) {
      if (bad + 1 == names.end())
        findings_.add(Finding::no_trials, joined(names, depth, names.size()));
      return;
    }
    if (level == kTrialDepth - 1) {
      WorkloadFolder folder;
      folder.submission = names[depth];
      folder.study_name = names[depth + 1];
      folder.name = names[depth + 2];
      split_framework(folder);
      tree_.workloads.push_back(std::move(folder));
    } else if (level == kTrialDepth) {
      // Sorted: a workload folder comes right before what it holds.
      auto& folder = tree_.workloads.back();
      if (is_trial_name(names.back())) {
        folder.trials.push_back({names.back(), 0, 0});
      } else {
        findings_.add(Finding::no_trials, folder.path() + "/" + names.back());
      }
    }
  }

  std::filesystem::path path_;
  std::string prefix_;  ///< of paths in the archive, before the submission
  std::set<Names> folders_;
  std::string last_folder_;
  std::vector<Names> files_;                          ///< that lie in no trial folder
  std::unordered_map<std::string, Contents> trials_;  ///< by folder
  MeasurementParser parser_;
};

}  // namespace

std::unique_ptr<LogSource> open_log_archive(const std::filesystem::path& path, Findings& findings,
                                            const Progress& progress) {
  return std::make_unique<LogArchive>(path, findings, progress);
}

}  // namespace timetrial::algoperf
