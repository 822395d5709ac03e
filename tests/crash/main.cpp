// Injures running sweeps at random moments, resumes them, and holds them to their promises:
//
//   crash_driver --runs 100 --seed 1               as CTest does, with seed 2 beside it
//   crash_driver --runs 0 --minutes 600 --seed 7   all night
//
// The first broken promise ends it with exit code 1, the seed and what led there; the sweep's
// folder is kept. The seed fixes what is done and when, not what the processes have got to by then.
#include "tests/crash/round.h"

#include <fmt/core.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <chrono>
#include <cstdio>

namespace timetrial::crash {
namespace {

namespace fs = std::filesystem;

constexpr long kDiskBytes = 24 << 20;
constexpr long kInjuriesPerSweep = 12;

struct Options {
  long runs = 200;
  double minutes = 0;
  std::uint64_t seed = 0;
  std::vector<std::string> only;
  fs::path folder = TIMETRIAL_BINARY_DIR "/crash/sweeps";
};

/// A folder of its own for one sweep, in memory where that can be: no disk's speed counts.
class SweepFolder {
 public:
  SweepFolder(const Machine& machine, const fs::path& folder)
      : place_{folder}, mounted_(machine.small_disks) {
    fs::create_directories(folder);
    if (mounted_) mount_small_disk(folder, kDiskBytes);
  }
  ~SweepFolder() {
    if (mounted_) unmount(place_.folder);
    std::error_code ignored;
    fs::remove_all(place_.folder, ignored);
    fs::remove_all(place_.output(), ignored);
  }
  SweepFolder(const SweepFolder&) = delete;
  SweepFolder& operator=(const SweepFolder&) = delete;

  const Place& place() const { return place_; }

 private:
  Place place_;
  bool mounted_;
};

Bits undisturbed(const Options& options, const Machine& machine) {
  const SweepFolder folder(machine, options.folder / "undisturbed");
  const Place& place = folder.place();
  const Result result = run(place, sweep_arguments());
  const Bits bits = final_bits(place.store());
  if (result.code != 0 || bits.size() != kTrials) {
    throw Violation(
        fmt::format("the undisturbed sweep ends with {}: {}", result.code, result.errors));
  }
  return bits;
}

std::string summary(const Options& options, const Tally& tally, double seconds) {
  std::string kinds;
  for (const auto& [kind, count] : tally.injuries) {
    kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", kind, count);
  }
  return fmt::format(
      "{} injuries ({}) to {} sweeps, {} trials in {} attempts; seed {}, {:.0f} s; "
      "attempts with moved dates: {}; flipped bits within values, which no check can see: {}",
      tally.all(), kinds, tally.sweeps, tally.trials, tally.attempts, options.seed, seconds,
      tally.moved_dates, tally.unseen_flips);
}

/// A failed round says what it did, and leaves its folder where it outlives the driver.
int report(const Options& options, const Round& round, const Place& place, const char* what) {
  for (const auto& action : round.actions()) fmt::print("  {}\n", action);
  fmt::print("BROKEN PROMISE: {}\n", what);
  std::fflush(stdout);
  kill_everything();
  const fs::path kept = options.folder.string() + ".failed";
  fs::remove_all(kept);
  fs::create_directories(kept);
  fs::copy(place.folder, kept / "sweep", fs::copy_options::recursive);
  fs::copy(place.output(), kept / "output", fs::copy_options::recursive);
  fmt::print("seed {}; the sweep is kept in {}\n", options.seed, kept.string());
  return 1;
}

int drive(const Options& options) {
  const auto began = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  };
  const Machine machine = settle_in();
  if (!machine.small_disks) fmt::print("skipped: fill_disk (no namespace for a tmpfs)\n");
  if (!machine.shifted_clocks) fmt::print("skipped: shift_clock (no time namespace)\n");
  fs::remove_all(options.folder);
  std::vector<Injury> kinds = injuries(machine);
  if (!options.only.empty()) kinds.clear();
  for (const auto& word : options.only) kinds.push_back(injury_named(word));
  const Bits bits = undisturbed(options, machine);
  Tally tally;
  const auto more = [&] {
    return (options.runs == 0 || tally.all() < options.runs) &&
           (options.minutes == 0 || seconds() < options.minutes * 60);
  };
  for (std::uint64_t number = 0; more(); ++number) {
    const SweepFolder folder(machine, options.folder / std::to_string(number));
    const Place& place = folder.place();
    const long most = options.runs == 0 ? kInjuriesPerSweep
                                        : std::min(kInjuriesPerSweep, options.runs - tally.all());
    Round round(place, Random(options.seed * 1'000'003 + number), kinds, most, bits, tally);
    try {
      round.play();
    } catch (const std::exception& broken) {
      return report(options, round, place, broken.what());
    }
    fmt::print("{}\n", summary(options, tally, seconds()));
    std::fflush(stdout);
  }
  fmt::print("every promise held: {}\n", summary(options, tally, seconds()));
  return 0;
}

}  // namespace
}  // namespace timetrial::crash

int main(int argc, char** argv) {
  timetrial::crash::Options options;
  CLI::App app{"Injures sweeps at random moments and holds them to their promises"};
  app.add_option("--runs", options.runs, "Injuries in all; 0: no limit")->capture_default_str();
  app.add_option("--minutes", options.minutes, "At most so long; 0: no limit");
  app.add_option("--seed", options.seed, "Of what is done and when")->capture_default_str();
  app.add_option("--only", options.only, "These injuries, by name");
  app.add_option("--folder", options.folder, "For the sweeps; emptied first")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    return timetrial::crash::drive(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "crash_driver: %s\n", error.what());
    return 1;
  }
}
