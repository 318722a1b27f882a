// Typed reads of JSON that is perhaps of another type: each sets `value` and is true, or changes nothing and is false. Numbers must
// fit. Pure functions, any thread; include from .cpp files only.
#pragma once

#include "core/base/json.h"

#include <limits>
#include <string>
#include <vector>

namespace attune {

inline bool takeJson(const Json &json, std::string &value) {
  if (json.is_string()) value = json.get<std::string>();
  return json.is_string();
}

inline bool takeJson(const Json &json, bool &value) {
  if (json.is_boolean()) value = json.get<bool>();
  return json.is_boolean();
}

inline bool takeJson(const Json &json, int64_t &value) {
  const bool fits = json.is_number_integer() && !(json.is_number_unsigned() && json.get<uint64_t>() > uint64_t(INT64_MAX));
  if (fits) value = json.get<int64_t>();
  return fits;
}

inline bool takeJson(const Json &json, int &value) {
  int64_t wide = 0;
  const bool fits = takeJson(json, wide) && wide >= std::numeric_limits<int>::min() && wide <= std::numeric_limits<int>::max();
  if (fits) value = static_cast<int>(wide);
  return fits;
}

inline bool takeJson(const Json &json, double &value) {
  if (json.is_number()) value = json.get<double>();
  return json.is_number();
}

inline bool takeJson(const Json &json, std::vector<std::string> &value) {
  std::vector<std::string> all(json.is_array() ? json.size() : 0);
  for (size_t i = 0; i < all.size(); ++i)
    if (!takeJson(json[i], all[i])) return false;
  if (json.is_array()) value = std::move(all);
  return json.is_array();
}

} // namespace attune
