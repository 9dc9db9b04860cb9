//! What only the Redis store promises: one truth for several replicas, and a typed word for whatever its server does.

mod keys;
mod loss;
mod outages;
mod replicas;
