#pragma once
// A tuning point on the command line: hyperparameters by name.

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace timetrial::cli {

/// "learning_rate=0.01 weight_decay=0.1"
std::string describe_point(const std::map<std::string, double>& point);

/// Reads "learning_rate=1e-3" texts. Throws InputError, naming `option`, for another text and for a
/// name that comes twice.
std::map<std::string, double> parse_point(const std::string& option,
                                          const std::vector<std::string>& texts);

}  // namespace timetrial::cli
