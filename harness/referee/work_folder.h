#pragma once
// Whose files lie in a trial's work folder. Equal trials have equal ids in all stores, so a store
// that is made anew, or has merged another run, meets the folder of a run that is not its own.

#include <filesystem>
#include <optional>
#include <string>

namespace timetrial::referee {

/// Makes the folder, whose lock the caller holds, fit for this run of its trial (empty: none has
/// begun). Files of any other run, known by its clock file, are moved to a new folder beside it,
/// which is returned: their time, checkpoints and scratch files are never taken over. Throws
/// std::system_error and std::filesystem::filesystem_error.
std::optional<std::filesystem::path> claim(const std::filesystem::path& folder,
                                           const std::string& run);

}  // namespace timetrial::referee
