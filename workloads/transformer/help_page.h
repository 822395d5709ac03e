#pragma once
// Pages of LibreOffice's help (HTML that its build makes): the paragraphs and headings that have an
// id. A page in another language has the same ids.
#include <map>
#include <string>
#include <string_view>

namespace timetrial::transformer {

/// Text by id: without tags, entities as characters, runs of white space as one space. Of an id
/// that is there twice the first. Entities are the three that such pages have (&amp; &lt; &gt;).
std::map<std::string, std::string> paragraphs(std::string_view html);

/// Runs of white space (ASCII) as one space, none at the ends.
std::string squeezed(std::string_view text);

}  // namespace timetrial::transformer
