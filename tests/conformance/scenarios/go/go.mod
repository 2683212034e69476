module libcrib/scenarios

go 1.23

require libcrib/crib v0.0.0

replace libcrib/crib => ../../../../bindings/go
