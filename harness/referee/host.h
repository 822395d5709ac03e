#pragma once
// What a referee notes of the machine around an attempt, for provenance. Dates come from here: they
// are for reports, never for the clock.

#include "harness/hardware/profile.h"
#include "harness/referee/referee.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace timetrial::referee {

/// UTC, nanoseconds since 1970.
std::int64_t utc_ns();
/// Process id, device, threads, trials sharing the machine, load, what confines the worker; the
/// machine's class, profile and fingerprint, affinity and thread settings. One JSON object.
std::string host_json(const RefereeOptions& options, const hardware::Profile& profile,
                      const hardware::Fingerprint& fingerprint);
/// The last non-empty line of a text file, cut to a readable length; empty when there is none.
std::string last_line(const std::filesystem::path& file);

}  // namespace timetrial::referee
