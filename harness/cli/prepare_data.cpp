#include "harness/cli/prepare_data.h"

#include "harness/cli/datasets.h"
#include "harness/cli/sibling_process.h"
#include "harness/manifest/manifest.h"
#include "harness/version/version.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <system_error>

namespace timetrial::cli {
namespace {

namespace fs = std::filesystem;

/// One `prepare` at a time per data directory; a second one waits.
class DirectoryLock {
 public:
  explicit DirectoryLock(const fs::path& directory)
      : fd_(open((directory / ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666)) {
    if (!fd_) throw InputError(directory.string() + ": cannot be written; pass --data");
    if (flock(fd_.get(), LOCK_EX | LOCK_NB) == 0) return;
    fmt::print(stderr, "waiting for another process that prepares data in {}\n",
               directory.string());
    while (flock(fd_.get(), LOCK_EX) != 0) {
      if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "flock");
    }
  }

 private:
  protocol::FileDescriptor fd_;
};

/// The .stamp of scripts/setup.sh of each package that is there: kind, name, version, SHA-256.
std::map<std::string, std::string> package_stamps(const fs::path& packages) {
  std::map<std::string, std::string> stamps;
  for (const auto& entry : fs::directory_iterator(packages)) {
    if (!entry.is_directory()) continue;
    std::ifstream in(entry.path() / ".stamp");
    std::string line;
    stamps[entry.path().filename().string()] = std::getline(in, line) ? line : "unknown";
  }
  return stamps;
}

/// The code of a worker that did its task; 2 when it refused the input, having said why; else 1,
/// after a line that says how it ended.
ExitCode worker_code(const SiblingResult& result) {
  if (succeeded(result)) return ExitCode::done;
  if (!result.status.signaled && result.status.code == 2) return ExitCode::bad_input;
  fmt::print(stderr, "timetrial-worker {}\n", sandbox::describe(result.status));
  return ExitCode::failed;
}

ExitCode run_prepare(const Program& program, const std::string& workload, const fs::path& source,
                     const fs::path& out) {
  return worker_code(
      run_sibling(program, "timetrial-worker",
                  {"prepare", workload, "--source", source.string(), "--out", out.string()}));
}

/// What is written goes beside the data first: <data>/.preparing/<dataset>/. Only a whole, hashed
/// data set is moved to its place.
struct Making {
  Making(const fs::path& data, const std::string& dataset)
      : root(data / ".preparing"),
        folder(root / dataset),
        replaced(root / (dataset + ".old")),
        origin(root / (dataset + ".origin")) {}
  void clear() const {
    for (const auto& path : {folder, replaced, origin}) fs::remove_all(path);
    std::error_code not_empty;
    fs::remove(root, not_empty);
  }
  fs::path root, folder, replaced;
  fs::path origin;  ///< of official data: what `folder` was begun from
};

std::uint64_t bytes_in(const fs::path& folder) {
  std::uint64_t sum = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) sum += entry.file_size();
  }
  return sum;
}

/// What the worker prepares from which folder, as text: another one must not finish what this
/// began.
std::string origin_of(const std::string& workload, const fs::path& source) {
  const auto versions = version::versions();
  return fmt::format("{}\n{}\n{}\n", fs::canonical(source).string(), workload,
                     versions.at("commit"));
}

/// Keeps the finished files of an interrupted prepare of the same source by the same program.
void begin_official(const Making& making, const std::string& origin, const std::string& dataset) {
  std::ifstream in(making.origin);
  const std::string before{std::istreambuf_iterator<char>(in), {}};
  if (before == origin && fs::exists(making.folder)) {
    fmt::print(stderr, "{}: going on with what an interrupted run prepared, {}\n", dataset,
               human_bytes(static_cast<double>(bytes_in(making.folder))));
    return;
  }
  making.clear();
  fs::create_directories(making.folder);
  std::ofstream(making.origin) << origin;
}

/// How many bytes the worker expects to write; it looks whether all is there.
std::uint64_t estimate(const Program& program, const std::string& workload, const fs::path& source,
                       ExitCode& code) {
  const auto result =
      run_sibling(program, "timetrial-worker", {"estimate", workload, "--source", source.string()});
  code = worker_code(result);
  return code == ExitCode::done ? std::stoull(result.output) : 0;
}

/// Throws InputError when the disk has too little room for what is still to be written.
void check_room(const std::string& dataset, const Making& making, std::uint64_t needed) {
  const auto written = bytes_in(making.folder);
  const auto missing = static_cast<double>(needed > written ? needed - written : 0);
  const auto free = static_cast<double>(fs::space(making.folder).available);
  const auto line =
      fmt::format("{}: needs about {} in {}, where {} are free", dataset, human_bytes(missing),
                  making.root.parent_path().string(), human_bytes(free));
  if (missing > free) throw InputError(line + "; make room, or pass --data");
  fmt::print(stderr, "{}\n", line);
}

/// From the folder that the user brought. An interrupted run is gone on with.
ExitCode make_official(const Program& program, const PrepareOptions& options,
                       const Dataset& dataset, const Making& making) {
  const auto& workload = dataset.workloads.front();
  auto code = ExitCode::done;
  const auto needed = estimate(program, workload, options.from, code);
  if (code != ExitCode::done) return code;
  begin_official(making, origin_of(workload, options.from), dataset.name);
  check_room(dataset.name, making, needed);
  code = run_prepare(program, workload, options.from, making.folder);
  if (code == ExitCode::failed) {
    fmt::print(stderr, "{}: finished files are kept; the same command goes on with them\n",
               dataset.name);
  }
  return code;
}

ExitCode make_packaged(const Program& program, const PrepareOptions& options,
                       const Dataset& dataset, const Making& making) {
  making.clear();
  fs::create_directories(making.folder);
  const auto code =
      run_prepare(program, dataset.workloads.front(), options.packages, making.folder);
  if (code != ExitCode::done) making.clear();
  return code;
}

ExitCode prepare_one(const Program& program, const PrepareOptions& options,
                     const Dataset& dataset) {
  const auto folder = options.data / dataset.name;
  const Making making(options.data, dataset.name);
  fmt::print(stderr, "{}: preparing (reader of {})\n", dataset.name, dataset.workloads.front());
  const auto code = dataset.official ? make_official(program, options, dataset, making)
                                     : make_packaged(program, options, dataset, making);
  if (code != ExitCode::done) return code;
  const manifest::Manifest made{
      dataset.name, dataset.workloads.front(),
      dataset.official ? std::map<std::string, std::string>{} : package_stamps(options.packages),
      manifest::list_files(making.folder)};
  manifest::write(making.folder, made);
  if (fs::exists(folder)) fs::rename(folder, making.replaced);
  fs::rename(making.folder, folder);
  making.clear();
  fmt::print(options.out, "{}: prepared, {} files, {}, in {}\n", dataset.name, made.files.size(),
             human_bytes(static_cast<double>(made.bytes())), folder.string());
  return ExitCode::done;
}

/// Official data come from --from, and nothing else does.
void check_sources(const std::vector<Dataset>& datasets, const PrepareOptions& options) {
  const auto is_official = [](const Dataset& dataset) { return dataset.official; };
  const auto official = std::find_if(datasets.begin(), datasets.end(), is_official);
  if (options.from.empty()) {
    if (official == datasets.end()) return;
    throw InputError(
        fmt::format("{0}: official data, which you bring: pass --from DIR (docs/data/{0}.md says "
                    "what it holds)",
                    official->name));
  }
  if (datasets.size() != 1 || official == datasets.end()) {
    throw InputError("--from: is for one official data set; name it");
  }
  if (!fs::is_directory(options.from)) {
    throw InputError(fmt::format("{}: no such folder; docs/data/{}.md says what --from must hold",
                                 options.from.string(), official->name));
  }
}

}  // namespace

std::vector<std::string> data_problems(const fs::path& folder) {
  try {
    return manifest::differences(folder, manifest::read(folder));
  } catch (const InputError& error) {
    return {error.what()};
  }
}

ExitCode prepare_data(const Program& program, PrepareOptions options) {
  const auto datasets = select_datasets(all_datasets(program), options.names);
  check_sources(datasets, options);
  std::error_code error;
  fs::create_directories(options.data, error);
  if (error) throw InputError(options.data.string() + ": " + error.message() + "; pass --data");
  const DirectoryLock lock(options.data);
  for (const auto& dataset : datasets) {
    const auto folder = options.data / dataset.name;
    if (fs::exists(folder)) {
      const auto found = data_problems(folder);
      if (found.empty()) {
        fmt::print(options.out, "{}: already prepared and verified, in {}\n", dataset.name,
                   folder.string());
        continue;
      }
      fmt::print(stderr, "{}\n", found.front());
    }
    if (!dataset.official) {
      if (options.packages.empty()) options.packages = default_packages_dir(program);
      if (!fs::is_directory(options.packages)) {
        throw InputError(options.packages.string() +
                         ": no such folder; run scripts/setup.sh, or pass --packages");
      }
    }
    const auto code = prepare_one(program, options, dataset);
    if (code != ExitCode::done) {
      fmt::print(stderr, "timetrial: {}: not prepared\n", dataset.name);
      return code;
    }
  }
  return ExitCode::done;
}

}  // namespace timetrial::cli
