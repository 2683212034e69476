// Values: {pointer, table}, as in the public header, which is their one definition.
#pragma once

#include "crib/value.h"

namespace crib {

using Value = crib_value;

inline Value nil() { return Value{nullptr, nullptr}; }
inline bool is_nil(const Value &v) { return v.vt == nullptr; }

// Integers travel in the pointer.
extern const crib_vtable k_int_table;
inline Value value_int(int64_t v) { return Value{reinterpret_cast<void *>(static_cast<intptr_t>(v)), &k_int_table}; }
inline int64_t value_as_int(Value v, int64_t if_not) {
    return v.vt == &k_int_table ? static_cast<int64_t>(reinterpret_cast<intptr_t>(v.p)) : if_not;
}

// By the table.
inline void value_drop(Value v) {
    if (v.vt && v.vt->drop) v.vt->drop(v.p);
}

// For values that are dropped with what carries them, in layers that know no run: by the table, until a run is begun in
// this process; then as that says (sched/drop.hpp).
using DropFn = void (*)(Value v);
void value_set_drop(DropFn fn);
void value_drop_carried(Value v);

// Moves a value out, leaving nil behind.
inline Value value_take(Value &v) {
    const Value taken = v;
    v = nil();
    return taken;
}

}  // namespace crib
