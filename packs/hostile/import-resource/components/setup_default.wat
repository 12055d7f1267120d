;; Imports a database handle.
(component
  (import "evil:db/connection@1.0.0" (instance
    (export "connection" (type (sub resource)))))
  (core module $m))
