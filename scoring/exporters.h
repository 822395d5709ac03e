#pragma once
// A report as text. Each exporter is a separate reader of the one model and computes nothing.
//
//   markdown  tables for a repository; numbers rounded as in every table
//   csv       RFC 4180: a header, one row per submission, all digits; infinity is an empty cell
//             beside its status
//   json      "schema": "timetrial.report/2"; all digits; infinity and NaN are null beside a status
//   latex     the leaderboard as one booktabs table, to be included in a paper
//   html      one file, no network; tables and plots (plots.h) without script
//   terminal  aligned tables

#include "scoring/report_model.h"

#include <filesystem>
#include <string>

namespace timetrial::scoring {

std::string to_markdown(const Report& report);
std::string to_csv(const Report& report);
/// `indent` -1: on one line.
std::string to_json(const Report& report, int indent = 1);
std::string to_latex(const Report& report);
std::string to_html(const Report& report);
std::string to_terminal(const Report& report);

/// The short form of `score --json`: "schema": "timetrial.score/1".
std::string to_score_json(const Report& report);

enum class Format { html, markdown, csv, json, latex };
/// "html", "md", "csv", "json" or "latex".
const char* to_string(Format format);
/// The opposite. Throws InputError that lists them.
Format parse_format(const std::string& text);
/// The extension of such a file: the name, but "tex" for LaTeX.
const char* extension_of(Format format);
/// By the file's extension, likewise.
Format format_of(const std::filesystem::path& file);
std::string export_as(Format format, const Report& report);

}  // namespace timetrial::scoring
