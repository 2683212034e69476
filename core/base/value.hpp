// Values: {pointer, table}, as in the public header, which is their one definition.
#pragma once

#include "crib/value.h"

namespace crib {

using Value = crib_value;

inline Value nil() { return Value{nullptr, nullptr}; }
inline bool is_nil(const Value &v) { return v.vt == nullptr; }

inline void value_drop(Value v) {
    if (v.vt && v.vt->drop) v.vt->drop(v.p);
}

// Moves a value out, leaving nil behind.
inline Value value_take(Value &v) {
    const Value taken = v;
    v = nil();
    return taken;
}

}  // namespace crib
