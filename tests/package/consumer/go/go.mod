module consumer

go 1.23
