// Logs in a folder. Thousands of small files: what counts is the number of system calls, so
// everything is opened relative to a folder that is open, and no file is asked for its status.
#include "scoring/algoperf/log_source.h"

#include "harness/trial/error.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace timetrial::algoperf {
namespace {

[[noreturn]] void fail_to_read(const std::string& file, int error) {
  throw InputError(file + ": cannot be read (" + std::generic_category().message(error) +
                   "); mend its permissions, or copy the logs anew");
}

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// Throws InputError; `shown` names the folder.
Descriptor open_folder(int parent, const std::string& name, const std::string& shown) {
  Descriptor folder(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open()) fail_to_read(shown, errno);
  return folder;
}

struct Entries {
  std::vector<std::string> folders, files;
};

bool is_folder(int folder, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN && entry.d_type != DT_LNK) return entry.d_type == DT_DIR;
  struct stat status {};
  return ::fstatat(folder, entry.d_name, &status, 0) == 0 && S_ISDIR(status.st_mode);
}

Entries list(const Descriptor& folder, const std::string& shown) {
  struct Close {
    void operator()(DIR* directory) const { ::closedir(directory); }
  };
  const int copy = ::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, Close> directory(copy < 0 ? nullptr : ::fdopendir(copy));
  if (directory == nullptr) fail_to_read(shown, errno);
  Entries entries;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    (is_folder(folder.get(), *entry) ? entries.folders : entries.files).emplace_back(name);
  }
  std::sort(entries.folders.begin(), entries.folders.end());
  std::sort(entries.files.begin(), entries.files.end());
  return entries;
}

/// One buffer for all files, with room for the end that JSON parsers look at.
class FileReader {
 public:
  /// The content of a file below `folder`, until the next call; nothing when there is none.
  std::optional<std::string_view> read(const Descriptor& folder, const std::string& name,
                                       const std::string& shown, std::int64_t largest) {
    const Descriptor file(::openat(folder.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.is_open()) {
      if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
      fail_to_read(shown + "/" + name, errno);
    }
    std::size_t size = 0;
    for (;;) {
      const ssize_t count = ::read(file.get(), buffer_.data() + size, buffer_.size() - size);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail_to_read(shown + "/" + name, errno);
      size += static_cast<std::size_t>(count);
      if (size < buffer_.size()) break;  // a file gives all it has
      if (static_cast<std::int64_t>(size) > largest) {
        throw InputError(shown + "/" + name + ": far larger than such a file ever is; remove it");
      }
      buffer_.resize(2 * buffer_.size());
    }
    return std::string_view(buffer_.data(), size);
  }

 private:
  static constexpr std::size_t kUsual = std::size_t{1} << 18;
  std::vector<char> buffer_ = std::vector<char>(kUsual);
};

class LogFolder final : public LogSource {
 public:
  LogFolder(const std::filesystem::path& path, Findings& findings)
      : LogSource(findings),
        path_(path),
        root_(open_folder(AT_FDCWD, path.string(), path.string())) {
    list_tree();
    arrange(path_);
    if (!has_measurements()) fail_no_logs(path_);
  }

  TrialTexts texts(const WorkloadFolder& folder, const TrialFolder& trial) override {
    enter(folder);
    TrialTexts texts;
    texts.meta_data = text_of_process_file("meta_data_", trial);
    texts.flags = text_of_process_file("flags_", trial);
    return texts;
  }

 private:
  void load(LogTrial& loaded) override {
    enter(*loaded.folder);
    const std::string& trial = loaded.trial->name;
    const auto text = read(trial + "/" + kMeasurementFile, kLargestMeasurements_B);
    if (!text) {
      loaded.missing = kNoMeasurementFile;
    } else if (parser_.parse(*text, loaded.path() + "/" + kMeasurementFile, findings_)) {
      loaded.measurements = &parser_.table();
    } else {
      loaded.missing = kNothingInFile;
    }
    hparams_ = read(trial + "/" + kHparamsFile, kLargestJson_B).value_or("");
    loaded.hparams = hparams_;
    loaded.meta = parse_meta_data(text_of_process_file("meta_data_", *loaded.trial),
                                  loaded.path() + "/meta_data");
  }

  std::optional<std::string_view> read(const std::string& name, std::int64_t largest) {
    return files_.read(open_workload_, name, open_path_, largest);
  }

  /// "<prefix>0.json", as almost always; else the first of that kind in the trial's folder.
  std::string_view text_of_process_file(const std::string& prefix, const TrialFolder& trial) {
    if (const auto text = read(trial.name + "/" + prefix + "0.json", kLargestJson_B)) return *text;
    const auto shown = open_path_ + "/" + trial.name;
    const auto entries = list(open_folder(open_workload_.get(), trial.name, shown), shown);
    for (const auto& name : entries.files) {
      if (!name.starts_with(prefix) || !name.ends_with(".json")) continue;
      if (const auto text = read(trial.name + "/" + name, kLargestJson_B)) return *text;
    }
    return "";
  }

  /// Keeps the workload folder open while its trials are read.
  void enter(const WorkloadFolder& folder) {
    if (open_folder_ == &folder) return;
    open_path_ = (path_ / folder.path()).string();
    open_workload_ = open_folder(root_.get(), folder.path(), open_path_);
    open_folder_ = &folder;
  }

  bool has_measurements() {
    for (const auto& folder : tree_.workloads) {
      enter(folder);
      for (const auto& trial : folder.trials) {
        const auto name = trial.name + "/" + kMeasurementFile;
        if (::faccessat(open_workload_.get(), name.c_str(), F_OK, 0) == 0) return true;
      }
    }
    return false;
  }

  /// Logs may lie one folder deeper than the one that was named, as unpacked archives do.
  void list_tree() {
    auto top = list(root_, path_.string());
    while (is_wrapper(top)) {
      path_ /= top.folders.front();
      root_ = open_folder(root_.get(), top.folders.front(), path_.string());
      top = list(root_, path_.string());
    }
    for (const auto& file : top.files) findings_.add(Finding::stray_file, file);
    for (const auto& name : top.folders) list_submission(name);
  }

  /// Whether the only folder holds submissions, rather than being one: then trials lie one level
  /// below where they would.
  bool is_wrapper(const Entries& top) {
    if (top.folders.size() != 1) return false;
    bool found = false;
    walk(root_, top.folders.front(), 1, [&](const Descriptor& folder, const std::string& name) {
      if (found || is_trial_name(name)) return;
      const auto shown = (path_ / name).string();
      const auto below = list(open_folder(folder.get(), name, shown), shown).folders;
      found = std::any_of(below.begin(), below.end(),
                          [](const std::string& entry) { return is_trial_name(entry); });
    });
    return found;
  }

  /// Calls take(parent, name) for each folder on the fourth level.
  template <typename Take>
  void walk(const Descriptor& parent, const std::string& name, int level, const Take& take) {
    constexpr int kTrialLevel = 4;
    if (level == kTrialLevel) return take(parent, name);
    const auto shown = (path_ / name).string();
    const auto folder = open_folder(parent.get(), name, shown);
    for (const auto& below : list(folder, shown).folders) walk(folder, below, level + 1, take);
  }

  /// The folders of a folder that may hold trials further down; the rest are findings.
  std::vector<std::string> usable(const Entries& entries, const std::string& place) {
    for (const auto& file : entries.files) findings_.add(Finding::stray_file, place + "/" + file);
    std::vector<std::string> names;
    for (const auto& name : entries.folders) {
      if (is_folder_name(name)) {
        names.push_back(name);
      } else {
        findings_.add(Finding::no_trials, place + "/" + name);
      }
    }
    if (names.empty()) findings_.add(Finding::no_trials, place);
    return names;
  }

  void list_submission(const std::string& submission) {
    if (!is_folder_name(submission)) return findings_.add(Finding::no_trials, submission);
    const auto shown = (path_ / submission).string();
    const auto folder = open_folder(root_.get(), submission, shown);
    for (const auto& study : usable(list(folder, shown), submission)) {
      const auto study_shown = shown + "/" + study;
      const auto study_folder = open_folder(folder.get(), study, study_shown);
      for (const auto& name : usable(list(study_folder, study_shown), submission + "/" + study)) {
        list_workload(study_folder, submission, study, name);
      }
    }
  }

  void list_workload(const Descriptor& study_folder, const std::string& submission,
                     const std::string& study, const std::string& name) {
    WorkloadFolder folder;
    folder.submission = submission;
    folder.study_name = study;
    folder.name = name;
    split_framework(folder);
    const auto shown = (path_ / folder.path()).string();
    const auto entries = list(open_folder(study_folder.get(), name, shown), shown);
    for (const auto& trial : entries.folders) {
      if (is_trial_name(trial)) {
        folder.trials.push_back({trial, 0, 0});
      } else {
        findings_.add(Finding::no_trials, folder.path() + "/" + trial);
      }
    }
    // A trial's files one level too high belong to a folder that is no workload.
    if (!folder.trials.empty()) {
      for (const auto& file : entries.files) {
        findings_.add(Finding::stray_file, folder.path() + "/" + file);
      }
    }
    tree_.workloads.push_back(std::move(folder));
  }

  std::filesystem::path path_;  ///< that holds the submissions
  Descriptor root_;
  Descriptor open_workload_;
  std::string open_path_;
  const WorkloadFolder* open_folder_ = nullptr;
  FileReader files_;
  MeasurementParser parser_;
  std::string hparams_;
};

}  // namespace

std::unique_ptr<LogSource> open_log_folder(const std::filesystem::path& path, Findings& findings) {
  return std::make_unique<LogFolder>(path, findings);
}

}  // namespace timetrial::algoperf
