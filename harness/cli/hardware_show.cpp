// timetrial hardware show: this machine, its state, and the LibTorch that computes on it.
#include "harness/cli/hardware_parts.h"
#include "harness/cli/sibling_process.h"
#include "harness/hardware/fingerprint.h"
#include "harness/hardware/profile.h"
#include "harness/hardware/settings.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace timetrial::cli {
namespace {

void line(const char* name, const std::string& value) { fmt::print("{:<12}{}\n", name, value); }

std::string frequencies(const hardware::Fingerprint& fingerprint) {
  const auto now = hardware::current_mhz();
  const auto known = [](double mhz) { return mhz > 0 ? fmt::format("{:.0f}", mhz) : "unknown"; };
  return fmt::format("{} MHz now; lowest {}, highest {}", known(now.value_or(0)),
                     known(static_cast<double>(fingerprint.min_mhz)),
                     known(static_cast<double>(fingerprint.max_mhz)));
}

std::string caches(const hardware::Topology& topology) {
  std::vector<std::string> texts;
  for (const auto& cache : topology.caches) {
    const std::string kind = cache.kind == 'u' ? "" : std::string(1, cache.kind);
    texts.push_back(
        fmt::format("L{}{} {} x {} KiB", cache.level, kind, cache.count, cache.size_kb));
  }
  return texts.empty() ? "unknown" : fmt::format("{}", fmt::join(texts, ", "));
}

std::string thread_settings(const hardware::Settings& settings) {
  std::string text;
  for (const auto& [name, value] : settings.threads) text += fmt::format(" {}={}", name, value);
  return text.empty() ? "none set" : text.substr(1);
}

void print_profiles(const hardware::Fingerprint& fingerprint) {
  line("Profile", hardware::machine_profile(fingerprint).name);
  for (const auto& name : hardware::profile_names()) {
    for (const auto& problem : hardware::mismatches(hardware::load_profile(name), fingerprint)) {
      fmt::print("{:<12}not {}: {}\n", "", name, problem);
    }
  }
}

void print_text(const hardware::Fingerprint& fingerprint, const nlohmann::ordered_json& worker) {
  const auto settings = hardware::detect_settings();
  const auto& topology = fingerprint.topology;
  const auto word = [&](const char* key) { return worker.value(key, "unknown"); };
  line("CPU", fingerprint.cpu_model + (fingerprint.virtual_machine ? " (virtual machine)" : ""));
  line("CPUs", fmt::format("{} usable, {} on the machine, {} cores; {} packages, {} NUMA nodes",
                           fingerprint.usable_cpus, fingerprint.machine_cpus,
                           fingerprint.machine_cores, topology.packages, topology.numa_nodes));
  line("Extensions", fmt::format("{}", fmt::join(fingerprint.cpu_flags, " ")));
  line("Caches", caches(topology));
  line("Frequency", frequencies(fingerprint));
  line("Governor", fingerprint.governor);
  line("Memory", fmt::format("{} MiB", fingerprint.memory_mb));
  line("Kernel", fingerprint.kernel);
  if (fingerprint.gpus.empty()) line("GPU", "none");
  for (const auto& gpu : fingerprint.gpus) {
    line("GPU", fmt::format("{}, {} MiB, driver {}", gpu.name, gpu.memory_mb, gpu.driver));
  }
  line("Affinity", fmt::format("CPUs {}", hardware::cpu_list(settings.cpus)));
  line("Threads", thread_settings(settings));
  line("LibTorch", fmt::format("{}, kernels for {}", word("libtorch"), word("cpu_capability")));
  line("BLAS", fmt::format("{}; {}; {}", word("blas"), word("mkl"), word("onednn")));
  line("Fingerprint", hardware::hash(fingerprint));
  print_profiles(fingerprint);
}

void print_json(const hardware::Fingerprint& fingerprint, const nlohmann::ordered_json& worker) {
  auto json = nlohmann::ordered_json::parse(hardware::to_json(fingerprint));
  json["fingerprint"] = hardware::hash(fingerprint);
  json["profile"] = hardware::machine_profile(fingerprint).name;
  const auto mhz = hardware::current_mhz();
  json["current_mhz"] = mhz ? nlohmann::ordered_json(*mhz) : nlohmann::ordered_json(nullptr);
  json.update(nlohmann::ordered_json::parse(hardware::to_json(hardware::detect_settings())));
  json["libtorch"] = worker;
  fmt::print("{}\n", json.dump(2));
}

}  // namespace

nlohmann::ordered_json worker_versions(const Program& program) {
  const auto worker = run_sibling(program, "timetrial-worker", {"version"});
  if (!succeeded(worker)) {
    throw InputError("timetrial-worker cannot start; run: timetrial doctor");
  }
  return nlohmann::ordered_json::parse(worker.output);
}

void add_hardware_show(CommandLine hardware, Program& program) {
  auto show = hardware.add_subcommand("show", "Print CPU, memory, GPUs, fingerprint and profile");
  show.footer(
      "The fingerprint is of what stays: frequencies of the moment, affinity and thread settings\n"
      "are shown beside it. Scores never mix profiles; \"other\" means that this machine is of no\n"
      "known one.\n"
      "Examples:\n"
      "  timetrial hardware show\n"
      "  timetrial hardware show --json");
  auto json = std::make_shared<bool>(false);
  show.add_flag("--json", *json, "Print one JSON object");
  show.callback([&program, json] {
    const auto fingerprint = hardware::detect();
    const auto worker = worker_versions(program);
    *json ? print_json(fingerprint, worker) : print_text(fingerprint, worker);
  });
}

}  // namespace timetrial::cli
