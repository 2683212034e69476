module libcrib/crib

go 1.23
