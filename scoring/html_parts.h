#pragma once
// Pieces of the HTML report. What is about a submission or a workload carries data-s or data-w, its
// index, so that the page's script can hide it.

#include "scoring/report_model.h"
#include "scoring/report_tables.h"

#include <string>

namespace timetrial::scoring {

/// JSON that cannot end the script element or open a comment in it: no '<' is left.
std::string embeddable(const std::string& json);

/// A region that scrolls by itself on narrow screens, reachable by keyboard.
std::string to_html_table(const TextTable& table);
/// The same behind a line to open it by.
std::string folded(const std::string& summary, const TextTable& table);

/// A pair of a definition list.
std::string definition(const std::string& name, const std::string& value);
std::string list_of(const std::vector<std::string>& items);

/// One button per submission with its line, to show and hide it; a legend where there is no script.
std::string legend_chips(const Report& report);

}  // namespace timetrial::scoring
